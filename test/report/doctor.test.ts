import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { doctorText } from "../../src/report/doctor.ts";
import { styleOf } from "../../src/report/style.ts";
import { widthOf } from "../../src/report/width.ts";
import { BROKEN, FINDING, finding, HEALTHY, plain, report, service } from "./documents.ts";

describe("one Service", () => {
  test("broken: the chain, then why, what was seen, what to do, and which rule says so", () => {
    expect(doctorText(report({}), plain(), false)).toBe(`Service shop/mysql · headless · broken at: selector

  ✓ service         clusterIP: None · port mysql 3306 -> 3306
  ✗ selector        app=mysq1 matches none of the 7 Pods in shop
  · pods            none selected; 3 Pods of StatefulSet mysql, 3 of 3 Running
  · endpointslices  none of this Service
  · answer          NXDOMAIN for mysql.shop.svc.cluster.local and
                    mysql-{0..2}.mysql

Why   The selector asks for app=mysq1; StatefulSet mysql's Pods carry app=mysql.
      No Pod is selected, so no endpoint is made, so the name does not exist.
      spec.selector.app  manifests/mysql.yaml:7:10
Seen  selector app=mysq1, Pods app=mysql
Fix   kubectl -n shop patch service mysql -p '{"spec":{"selector":{"app":"mysql","tier":"a-long-value-that-goes-on"}}}'
Rule  selector-matches-no-pods (kheadless explain selector-matches-no-pods)

Not checked: cluster-dns (no permission to list pods in kube-system)
`);
  });

  test("healthy: fewer lines, and none about what there is nothing to say of", () => {
    const text = doctorText(report({ services: [HEALTHY], findings: [] }), plain(), false);
    expect(text).toBe(`Service shop/cart · headless · healthy

  ✓ service         clusterIP: None · port cart 80 -> 80
  ✓ selector        app=cart matches 2 Pods of StatefulSet cart
  ✓ pods            2 of 2 Running
  ✓ readiness       2 of 2 Ready
  ✓ endpointslices  cart-abc: 2 ready of 2
  ✓ cluster-dns     2 of 2 Pods of kube-system/kube-dns Ready
  ✓ answer          10.244.0.5 and 10.244.0.6
`);
    expect(text.split("\n").length).toBeLessThan(doctorText(report({}), plain(), false).split("\n").length);
  });

  test("healthy: what is only worth knowing explains nothing, and takes a line", () => {
    const info = finding({
      rule: "port-unnamed",
      severity: "info",
      link: "service",
      message: "Port 80 has no name. So.",
    });
    const given = report({ services: [HEALTHY], findings: [info] });
    const text = doctorText(given, plain(), false);
    expect(text).toContain("\n\nAlso  info  port-unnamed: Port 80 has no name.\n");
    expect(text).not.toMatch(/^(Why|Fix)/m);
    expect(doctorText(given, plain(), true)).toMatch(/^Why {3}Port 80 has no name/m);
  });

  test("a command that is only offered stays in one piece", () => {
    const offered = `# kubectl -n shop delete endpointslice ${"mysql-x7k2p ".repeat(12).trim()}`;
    const given = report({ findings: [{ ...FINDING, remedy: `# or:\n${offered}` }] });
    expect(doctorText(given, plain(), false)).toContain(`\n      ${offered}\n`);
  });

  test("other findings in a line each, worst first; everything with wide", () => {
    const others = [
      finding({
        rule: "port-differs-from-target-port",
        severity: "warning",
        link: "service",
        message: "No proxy translates 80 to 8080. Clients must use 8080.",
      }),
      finding({ rule: "port-unnamed", severity: "info", link: "service", message: "Port 80 has no name." }),
    ];
    const given = report({ findings: [FINDING, ...others] });
    expect(doctorText(given, plain(), false)).toContain(
      "Also  warning  port-differs-from-target-port: No proxy translates 80 to 8080.\n" +
        "      info  port-unnamed: Port 80 has no name.\n",
    );
    const wide = doctorText(given, plain(), true);
    expect(wide.match(/^Rule {2}/gm)).toHaveLength(3);
    expect(wide).toContain("· client          no client was named");
  });

  test("the diagnosis is of the first broken link, even where another finding is sorted before it", () => {
    const text = doctorText(
      report({ findings: [finding({ rule: "later", link: "endpointslices" }), FINDING] }),
      plain(),
      false,
    );
    expect(text).toContain("Rule  selector-matches-no-pods");
    expect(text).toContain("Also  error  later: ");
  });

  test("in manifests, links that only a cluster has are left out", () => {
    const source = { kind: "manifests", description: "a.yaml" } as const;
    const text = doctorText(report({ source }), plain(), false);
    expect(text).not.toContain("· endpointslices");
    expect(text).toContain("· answer");
  });

  test("what comes from no file is placed by its object", () => {
    const { location: _none, ...live } = FINDING;
    const placed = { ...live, object: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "mysql" } };
    expect(doctorText(report({ findings: [placed] }), plain(), false)).toContain(
      "\n      Service mysql  spec.selector.app\n",
    );
  });

  test("a place that is too long for a line is told in two", () => {
    const field = `metadata.annotations["service.alpha.kubernetes.io/tolerate-unready-endpoints"]`;
    const { location: _none, ...live } = FINDING;
    const placed = { ...live, field, object: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "mysql" } };
    const text = doctorText(report({ findings: [placed] }), plain(), false);
    expect(text).toContain(`\n      Service mysql\n      ${field}\n`);
    const file = `charts/${"deep/".repeat(12)}service.yaml`;
    const located = { ...FINDING, location: { file, line: 7, column: 10 } };
    const inFile = doctorText(report({ findings: [located] }), plain(), false);
    expect(inFile).toContain(`\n      spec.selector.app\n      ${file}:7:10\n`);
  });

  test("what was ignored is told", () => {
    const suppressed = [
      { ...finding({ rule: "pod-not-running" }), kind: "option", by: "--ignore", reason: "moves next week" },
    ] as const;
    expect(doctorText(report({ suppressed }), plain(), false)).toContain(
      "Ignored: pod-not-running by --ignore: moves next week\n",
    );
  });

  test("what could not be checked is told by reason, with the links that it concerns", () => {
    const unchecked = [
      { rule: "a", link: "pods", reason: "forbidden", byNature: false, services: [] },
      { rule: "b", link: "pods", reason: "forbidden", byNature: false, services: [] },
      { rule: "c", link: "readiness", reason: "forbidden", byNature: false, services: [] },
      { rule: "d", link: "answer", reason: "too slow", byNature: false, services: [] },
    ] as const;
    const given = report({ services: [HEALTHY], findings: [], unchecked });
    expect(doctorText(given, plain(), false)).toContain(
      "Not checked: pods, readiness (forbidden)\n             answer (too slow)\n",
    );
    expect(doctorText(given, plain(), true)).toContain("Not checked: a, b, c (forbidden)\n");
  });

  test("what nobody asked for is not told, not even of links that say nothing", () => {
    const unchecked = [
      { rule: "answer-differs", link: "answer", reason: "not asked", byNature: true, unasked: true, services: [] },
      { rule: "b", link: "answer", reason: "the source lacks it", byNature: true, services: [] },
    ] as const;
    const given = report({ services: [BROKEN, HEALTHY], findings: [], unchecked });
    const text = doctorText(given, plain(), false);
    expect(text).toContain("answer (the source lacks it)");
    expect(text).not.toContain("not asked");
    expect(doctorText(given, plain(), true)).toContain("answer-differs (not asked)");
  });

  test("the permissions that a user lacks are told once, whatever they are missing for", () => {
    const lacks = [
      ["pods", "no permission to list pods in shop (user jane)"],
      ["cluster-dns", "no permission to list pods in kube-system (user jane); no permission to get x in y (user jane)"],
      ["answer", "too slow"],
    ] as const;
    const unchecked = lacks.map(([link, reason]) => ({ rule: link, link, reason, byNature: false, services: [] }));
    const notRead = [
      { resource: "services", namespace: "shop", reason: "no permission to list services in shop (user jane)" },
    ] as const;
    const text = doctorText(report({ services: [], findings: [], unchecked, notRead }), plain({ width: 200 }), false);
    expect(text).toContain(
      "Not checked: pods, cluster-dns, services (no permission to list pods, services in shop; list pods in kube-system; " +
        "get x in y (user jane))\n             answer (too slow)\n",
    );
  });
});

describe("the terminal", () => {
  const look = { unicode: false, program: "kubectl headless" };

  test("without UTF-8 the symbols are ASCII, and so is everything else", () => {
    const text = doctorText(report({}), plain(look), false);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain("  + service         clusterIP: None - port mysql");
    expect(text).toContain("  x selector ");
    expect(text).toContain("  - pods ");
    expect(text).toContain("Rule  kubectl headless explain selector-matches-no-pods");
  });

  test("colour adds nothing that is not there without it", async () => {
    const coloured = doctorText(report({}), await styleOf({ ...plain(), colour: true }), false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they begin the codes that are taken out.
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, "")).toBe(doctorText(report({}), plain(), false));
    expect(coloured).toContain("\u001b[31m✗\u001b[39m");
  });

  test("lines end where their text ends, and prose keeps to the width", () => {
    for (const width of [60, 70, 80, 100]) {
      const lines = doctorText(report({}), plain({ width }), false).split("\n");
      for (const line of lines) {
        expect(line).toBe(line.trimEnd());
        // What is to be pasted stays in one line.
        if (!line.startsWith("Fix ")) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
    }
  });

  test("no text of a cluster can act on it", () => {
    const nasty = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\u001b[2J", "\u202e", "a\nb", "\u009b", "\r"),
    );
    fc.assert(
      fc.property(nasty, fc.boolean(), (text, many) => {
        const dirty = finding({ message: text, evidence: [text], remedy: text, field: text, rule: text });
        const services = [service("broken", { name: text }), HEALTHY].slice(0, many ? 2 : 1);
        const chain = BROKEN.chain.map((link) => ({ ...link, summary: text }));
        const given = report({
          services: services.map((one) => ({ ...one, chain })),
          findings: [dirty],
          unchecked: [{ rule: text, link: "pods", reason: text, byNature: false, services: [text] }],
          suppressed: [{ ...dirty, kind: "option", by: text, reason: text }],
        });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        expect(doctorText(given, plain(), true)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u);
      }),
    );
  });
});

describe("several Services", () => {
  const services = [HEALTHY, BROKEN, service("degraded", { name: "web", chain: HEALTHY.chain })];

  test("a table, worst first, the diagnosis of each broken one, and the sum", () => {
    const text = doctorText(report({ services }), plain(), false);
    expect(text.split("\n\n")[0]).toBe(
      `NAMESPACE  NAME   VERDICT   AT        WHAT
shop       mysql  broken    selector  The selector asks for app=mysq1; StatefulSet mysql's Pods carry app=mysql.
shop       web    degraded            10.244.0.5 and 10.244.0.6
shop       cart   healthy             10.244.0.5 and 10.244.0.6`,
    );
    expect(text).toContain("Service shop/mysql · headless · broken at: selector\n\nWhy   The selector asks");
    expect(text).toMatch(/\n3 Services: 1 broken, 1 degraded, 1 healthy\n$/);
  });

  test("a terminal cuts the table's last column, a pipe loses nothing", () => {
    const long = service("broken", { name: "a-very-long-name" });
    const findings = [finding({ services: ["shop/a-very-long-name"] })];
    const cut = doctorText(report({ services: [long, HEALTHY], findings }), plain({ cut: true, width: 70 }), false);
    expect(cut.split("\n")[1]).toMatch(/…$/);
    const whole = doctorText(report({ services: [long, HEALTHY], findings }), plain({ width: 70 }), false);
    expect(whole.split("\n")[1]).toMatch(/Pods carry app=mysql\.$/);
  });

  test("a finding that concerns two Services is told once", () => {
    const other = service("broken", { name: "mysql-read" });
    const shared = finding({ services: ["shop/mysql", "shop/mysql-read"] });
    const text = doctorText(report({ services: [BROKEN, other], findings: [shared] }), plain(), false);
    expect(text.match(/^Why {3}/gm)).toHaveLength(1);
  });

  test("findings that belong to no Service are told, too", () => {
    const invalid = finding({ rule: "invalid-object", link: null, services: [], message: "This is not YAML." });
    expect(doctorText(report({ services, findings: [invalid] }), plain(), false)).toContain(
      "Also  error  invalid-object: This is not YAML.",
    );
  });
});

test("no Services and nothing else to say is nothing", () => {
  expect(doctorText(report({ services: [], findings: [] }), plain(), false)).toBe("");
});

test("no Services because they could not be listed is told", () => {
  const notRead = [{ resource: "services", namespace: "shop", reason: "no permission to list services" }] as const;
  expect(doctorText(report({ services: [], findings: [], notRead }), plain(), false)).toBe(
    "Not checked: services (no permission to list services)\n",
  );
});
