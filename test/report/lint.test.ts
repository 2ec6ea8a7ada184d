import { expect, test } from "vitest";
import type { ReportDocument } from "../../src/report/document.ts";
import { lintText } from "../../src/report/lint.ts";
import { FINDING, finding, HEALTHY, plain, report as reportOn } from "./documents.ts";

const report = (given: Partial<ReportDocument>) => reportOn({ services: [HEALTHY], ...given });
const source = { kind: "manifests", description: "manifests/ (2 files)" } as const;
const at = (file: string, line: number, column = 1) => ({ file, line, column });

test("each finding begins with its place; what it means and what to write stand below", () => {
  const findings = [finding({ remedy: "# the labels of the Pods:\nspec:\n  selector:\n    app: mysql" })];
  expect(lintText(report({ source, findings }), plain(), false)).toBe(
    `manifests/mysql.yaml:7:10  error  selector-matches-no-pods
    The selector asks for app=mysq1; StatefulSet mysql's Pods carry app=mysql.
    No Pod is selected, so no endpoint is made, so the name does not exist.
    # the labels of the Pods:
    spec:
      selector:
        app: mysql

1 error (1 headless name in manifests/ (2 files))
`,
  );
});

test("by file, then line, then column; what has no place comes last", () => {
  const findings = [
    finding({ location: at("b.yaml", 2) }),
    finding({ location: at("a.yaml", 10), severity: "warning" }),
    finding({ location: at("a.yaml", 9, 3) }),
    finding({ location: at("a.yaml", 9, 2) }),
  ];
  const { location: _none, ...nowhere } = FINDING;
  const text = lintText(report({ source, findings: [nowhere, ...findings] }), plain(), false);
  expect(text.split("\n").filter((line) => line.includes("selector-matches-no-pods"))).toEqual([
    "a.yaml:9:2  error  selector-matches-no-pods",
    "a.yaml:9:3  error  selector-matches-no-pods",
    "a.yaml:10:1  warning  selector-matches-no-pods",
    "b.yaml:2:1  error  selector-matches-no-pods",
    "Service shop/mysql  error  selector-matches-no-pods",
  ]);
  expect(text).toContain("4 errors, 1 warning (1 headless name in manifests/ (2 files))\n");
});

test("nothing found is one line, with what could not be told", () => {
  const unchecked = [
    { rule: "pod-not-ready", link: "readiness", reason: "manifests hold no state", byNature: true, services: [] },
  ] as const;
  const chain = HEALTHY.chain.map((link) =>
    link.link === "readiness" ? { ...link, status: "skipped" as const } : link,
  );
  const services = [{ ...HEALTHY, chain }];
  expect(lintText(report({ source, services, findings: [], unchecked }), plain(), false)).toBe(
    "Not checked: readiness (manifests hold no state)\nnothing found (1 headless name in manifests/ (2 files))\n",
  );
  expect(lintText(report({ source, services: [], findings: [] }), plain(), false)).toBe(
    "nothing found (no headless names in manifests/ (2 files))\n",
  );
});

test("wide shows the evidence, too", () => {
  expect(lintText(report({ source }), plain(), true)).toContain("    selector app=mysq1, Pods app=mysql\n");
  expect(lintText(report({ source }), plain(), false)).not.toContain("    selector app=mysq1, Pods app=mysql\n");
});

test("what was ignored is counted", () => {
  const suppressed = [{ ...FINDING, kind: "option", by: "--ignore", reason: null }] as const;
  expect(lintText(report({ source, findings: [], suppressed }), plain(), false)).toMatch(/; 1 ignored\n$/);
});
