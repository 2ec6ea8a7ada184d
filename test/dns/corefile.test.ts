import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockFor,
  blocksOn,
  clusterDomainOf,
  defaultCorefileText,
  dnsPortOf,
  parseCorefile,
} from "../../src/dns/corefile.ts";
import { parseCorefileSyntax } from "../../src/dns/corefile-syntax.ts";

const NOTHING = { env: null, files: () => null };
const words = (text: string, surroundings = NOTHING) =>
  parseCorefileSyntax(text, surroundings).blocks.map(({ keys, directives }) => [
    keys,
    directives.map(({ name, words: args, block }) => [name, ...args, ...block.map((line) => line.words)]),
  ]);

describe("syntax", () => {
  test("keys on one line or several, with commas", () => {
    expect(words("a:53 b, c,\nd {\n errors\n}")).toEqual([[["a:53", "b", "c", "d"], [["errors"]]]]);
  });

  test("comments, quotes, nested blocks", () => {
    const text = `# first
. { # here
  log . "a {b} \\"quoted\\"
over lines"
  template IN A {
    match "^x y$"   # not this
    answer "{{ .Name }} 60 IN A 1.2.3.4"
  }
  outer {
    inner {
      deep 1
    }
  }
}`;
    expect(words(text)).toEqual([
      [
        ["."],
        [
          ["log", ".", 'a {b} "quoted"\nover lines'],
          ["template", "IN", "A", ["match", "^x y$"], ["answer", "{{ .Name }} 60 IN A 1.2.3.4"]],
          ["outer", ["inner"]],
        ],
      ],
    ]);
    expect(parseCorefileSyntax(text, NOTHING).blocks[0]?.directives[2]?.block[0]?.block).toMatchObject([
      { words: ["deep", "1"] },
    ]);
  });

  test("a single block needs no braces", () => {
    expect(words("example.org\nerrors\nforward . 1.1.1.1")).toEqual([
      [["example.org"], [["errors"], ["forward", ".", "1.1.1.1"]]],
    ]);
  });

  test("snippets stand where they are imported, inside of blocks, too", () => {
    const text = `(k) {
  ttl 9
}
(outer) {
  kubernetes {
    import k
  }
}
. {
  errors
  import outer
  log
}`;
    expect(words(text)).toEqual([[["."], [["errors"], ["kubernetes", ["ttl", "9"]], ["log"]]]]);
  });

  test("imported files stand there, too; unknown ones are told", () => {
    const files = (pattern: string) => (pattern === "custom/*.override" ? ["errors\n", "log .\n"] : null);
    expect(words(". {\n import custom/*.override\n}", { env: null, files } as never)).toEqual([
      [["."], [["errors"], ["log", "."]]],
    ]);
    const { unresolved, errors } = parseCorefileSyntax("import more/*.server\n. {\n log\n}", NOTHING);
    expect(unresolved).toEqual(["import more/*.server"]);
    expect(errors).toEqual([]);
  });

  test("environment variables in both notations", () => {
    const env = { env: { ZONE: "a.b", TTL: "7" }, files: () => null };
    expect(words("{$ZONE} {\n kubernetes {\n ttl {%TTL%}\n }\n forward . {$NONE}\n}", env as never)).toEqual([
      [
        ["a.b"],
        [
          ["kubernetes", ["ttl", "7"]],
          ["forward", ".", ""],
        ],
      ],
    ]);
    expect(parseCorefileSyntax("{$ZONE} {\n log\n}", NOTHING).unresolved).toEqual(["{$ZONE}"]);
  });

  test.each([
    [". {\n log", 2],
    [". {\n template {\n", 2],
    [". {\n log }\n", 2],
    ["(a) {\n x\n}\n(a) {\n y\n}\n", 4],
    ["(a) {\n import b\n}\n(b) {\n import a\n}\n. {\n import a\n}", 5],
  ])("%j does not load (line %i)", (text, line) => {
    expect(parseCorefileSyntax(text, NOTHING).errors).toMatchObject([{ line }]);
  });

  test("never throws, and ends", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "(a)",
      "import",
      "a",
      "\n",
      " ",
      '"',
      "#",
      "\\",
      ",",
      "{$X}",
      "kubernetes",
      "pods",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const corefile = parseCorefile(pieces.join(" "));
        for (const { message } of corefile.errors) expect(message).not.toBe("");
      }),
    );
  });
});

describe("plugins", () => {
  const block = (text: string) => parseCorefile(text).blocks[0];

  test("kubernetes: its own defaults where nothing is said", () => {
    expect(block("cluster.local 10.0.0.0/8 {\n kubernetes\n}")?.kubernetes).toMatchObject({
      zones: ["cluster.local.", "10.in-addr.arpa."],
      primaryZone: "cluster.local.",
      pods: "disabled",
      ttl: 5,
      endpointPodNames: false,
      noEndpoints: false,
      namespaces: [],
      labels: null,
      fallthrough: [],
    });
  });

  test("kubernetes: every option", () => {
    const text = `.:53 {
  kubernetes cluster.local in-addr.arpa {
    pods verified
    endpoint_pod_names
    ttl 0
    noendpoints
    namespaces a b
    labels app in (x,y)
    ignore empty_service
    fallthrough in-addr.arpa
    startup_timeout 5s
    something_new
  }
}`;
    const corefile = parseCorefile(text);
    expect(corefile.errors).toEqual([]);
    expect(corefile.blocks[0]?.kubernetes).toMatchObject({
      pods: "verified",
      endpointPodNames: true,
      ttl: 0,
      noEndpoints: true,
      namespaces: ["a", "b"],
      labels: { matchExpressions: [{ key: "app", operator: "In", values: ["x", "y"] }] },
      ignoreEmptyService: true,
      fallthrough: ["in-addr.arpa."],
    });
  });

  test.each([
    ["pods maybe", 3],
    ["ttl 3601", 3],
    ["labels a b", 3],
    ["ignore everything", 3],
    ["namespaces a\nnamespace_labels b", 2],
    ["namespaces", 3],
    ["pods insecure verified", 3],
    ["labels app!=web", 3],
    ["labels", 3],
    ["noendpoints now", 3],
    ["reload", 3],
    // Options of old versions, over which an upgraded CoreDNS does not start.
    ["upstream", 3],
    ["resyncperiod 5m", 3],
    ["transfer to 10.0.0.1", 3],
  ])("kubernetes does not load with %j", (option, line) => {
    expect(parseCorefile(`. {\nkubernetes cluster.local {\n${option}\n}\n}`, NOTHING, "1.13.2").errors).toMatchObject([
      { line },
    ]);
  });

  // Each was seen of CoreDNS 1.13.2.
  test.each([
    ["hosts {\n 10.0.0.1 a.test\n fallthrough\n 10.0.0.2 b.test\n }", 5],
    ["rewrite name", 2],
    ["rewrite stop name a.test", 2],
    ["rewrite nam a.test b.test", 2],
    ["rewrite answer auto", 2],
    ["rewrite name exactly a.test b.test", 2],
    ["rewrite name regex (?!web)(.*) {1}.b.test", 2],
    ["rewrite name regex ^(?<=a)b$ c.test", 2],
    ["rewrite name suffix a.test b.test answer", 2],
    ["rewrite name exact a.test b.test answer name a", 2],
    ["rewrite type A", 2],
    ["rewrite ttl exact a.test 9-5", 2],
    ["rewrite ttl exact a.test -", 2],
    ["rewrite edns0 local put 0xffee 0x61", 2],
    ["template IN", 2],
    ["template XX A {\n rcode NXDOMAIN\n }", 2],
    ["template IN A {\n rcode nxdomain\n }", 3],
    ["template IN A {\n match\n }", 3],
    ["hosts {\n ttl 0\n }", 3],
    ["hosts {\n reload soon\n }", 3],
    ["cache {\n success\n }", 3],
    ["cache {\n success 10 -1\n }", 3],
    ["cache {\n denial 10 20 -1\n }", 3],
    ["cache {\n disable all\n }", 3],
    ["cache {\n serve_stale soon\n }", 3],
    ["cache {\n prefetch\n }", 3],
    ["cache 30 {\n success 10\n log\n }", 4],
    ["errors\n errors", 3],
    ["autopath", 2],
    ["import a b", 2],
  ])("a block does not load with %j", (plugin, line) => {
    expect(parseCorefile(`. {\n${plugin}\n}`).errors).toMatchObject([{ line }]);
  });

  test.each([
    "hosts {\n 10.0.0.1 a.test\n ttl 60\n reload 5s\n fallthrough a.test\n }",
    "rewrite name regex (?P<first>.*)\\.a\\.test {1}.b.test answer auto",
    "rewrite continue cname exact a.test. b.test.",
    "rewrite stop {\n name suffix .a.test .b.test\n answer auto\n }",
    "rewrite rcode regex .* NXDOMAIN NOERROR",
    "rewrite name regex (?:a|b)\\.test c.test",
    "rewrite name exact a.test b.test answer name a b answer value c d",
    "rewrite ttl exact a.test -9",
    "rewrite ttl a.test 30",
    "cache {\n success 10 20 0\n disable success\n serve_stale 1h30m\n prefetch 3 1m 20%\n }",
    "template ANY ANY {\n match ^a ^b\n rcode REFUSED\n }",
    "hosts {\n reload 0\n 10.0.0.1 a.test\n }",
  ])("and does with %j", (plugin) => {
    expect(parseCorefile(`. {\n${plugin}\n}`).errors).toEqual([]);
  });

  test.each([
    ["forwrd . 1.1.1.1", "1.12.1", [], ["forwrd is no plugin; did you mean forward?"]],
    ["forwrd . 1.1.1.1", null, [], ["forwrd is no plugin; did you mean forward?"]],
    ["proxy . 1.1.1.1", "1.12.1", ["proxy is no plugin any more since CoreDNS 1.5.0"], []],
    ["proxy . 1.1.1.1", null, [], ["proxy is no plugin any more since CoreDNS 1.5.0"]],
    ["proxy . 1.1.1.1", "1.4.0", [], []],
    ["timeouts", "1.9.3", [], ["timeouts is no plugin before CoreDNS 1.10.1, and 1.9.3 runs"]],
    ["timeouts", "1.10.1", [], []],
    [
      "kubernetes cluster.local {\n falltrough\n }",
      "1.12.1",
      [],
      ["falltrough is no option of kubernetes; did you mean fallthrough?"],
    ],
    ["kubernetes cluster.local {\n upstream\n }", "1.6.9", [], []],
    ["{$PLUGIN} 8080", "1.12.1", [], []],
  ])("names of plugins and options: %j in CoreDNS %s", (plugin, version, errors, suspects) => {
    const read = parseCorefile(`. {\n${plugin}\n}`, NOTHING, version);
    expect(read.errors.map(({ message }) => message)).toEqual(errors);
    expect(read.suspects.map(({ message }) => message)).toEqual(suspects);
  });

  test("two of forward load from 1.9.4 on", () => {
    const text = ". {\n forward a.test 10.0.0.1\n forward . 10.0.0.2\n}";
    expect(parseCorefile(text, NOTHING, "1.9.3").errors).toMatchObject([{ line: 3 }]);
    expect(parseCorefile(text, NOTHING, "1.9.4").errors).toEqual([]);
  });

  test("at the end of the file the brace of a plugin closes its server block, too", () => {
    expect(parseCorefile(". {\n errors {\n }\n").errors).toEqual([]);
    expect(parseCorefile(". {\n errors\n").errors).toMatchObject([{ message: "the server block is not closed" }]);
  });

  test("kubernetes needs a forward zone, and stands once", () => {
    expect(parseCorefile("10.in-addr.arpa {\n kubernetes\n}").errors).toHaveLength(1);
    expect(parseCorefile(". {\n kubernetes a\n kubernetes b\n}").errors).toMatchObject([{ line: 3 }]);
  });

  test("cache", () => {
    expect(block(". {\n cache\n}")?.cache).toMatchObject({
      zones: ["."],
      successTtl: 3600,
      denialTtl: 1800,
      successMinTtl: 5,
      denialMinTtl: 5,
      serveStale: null,
    });
    const text = `. {
  cache 30 cluster.local {
    success 9984 20 2
    denial 9984 10
    disable denial cluster.local
    disable success
    serve_stale 1h30m
    prefetch 10
    keepttl
  }
}`;
    expect(block(text)?.cache).toEqual({
      line: 2,
      zones: ["cluster.local."],
      successTtl: 20,
      successMinTtl: 2,
      denialTtl: 10,
      denialMinTtl: 5,
      disableDenial: ["cluster.local."],
      disableSuccess: ["."],
      serveStale: 5400,
      prefetch: true,
      keepTtl: true,
    });
  });

  test("acl, autopath, hosts, template, forward, k8s_external", () => {
    const read = block(`a.b {
  acl {
    block type A AAAA net 10.0.0.0/8 fd00::1
    allow net *
  }
  autopath @kubernetes
  hosts {
    10.0.0.1 x.a.b y.other
    fallthrough
  }
  template IN ANY a.b {
    match ^z
    rcode NXDOMAIN
    fallthrough
  }
  forward . 1.1.1.1 2.2.2.2 {
    except c.d
  }
  k8s_external e.f
}`);
    expect(read?.acl[0]?.policies).toEqual([
      { action: "block", types: ["A", "AAAA"], nets: ["10.0.0.0/8", "fd00::1"] },
      { action: "allow", types: null, nets: null },
    ]);
    expect(read?.autopath).toMatchObject({ zones: ["a.b."], source: "@kubernetes" });
    expect([...(read?.hosts?.byName ?? [])].filter(([name]) => name !== "localhost.")).toEqual([
      ["x.a.b.", ["10.0.0.1"]],
    ]);
    expect(read?.templates).toMatchObject([{ type: "ANY", rcode: "NXDOMAIN", writes: false, fallthrough: ["."] }]);
    expect(read?.forwards).toEqual([
      { line: expect.any(Number), from: ".", to: ["1.1.1.1", "2.2.2.2"], except: ["c.d."] },
    ]);
    expect(read?.externalZones).toEqual(["e.f."]);
  });
});

describe("which block serves a name", () => {
  const corefile = parseCorefile(`.:53 {
  forward . 1.1.1.1
}
cluster.local:53 {
  kubernetes
}
tls://secret.zone {
  forward . 1.1.1.1
}
other.port:54 {
  errors
}`);
  const serving = (name: string, port = 53) => blockFor(blocksOn(corefile, port), name)?.line ?? null;

  test("that with the longest zone", () => {
    expect(serving("web.a.svc.cluster.local.")).toBe(4);
    expect(serving("cluster.local.")).toBe(4);
    expect(serving("xcluster.local.")).toBe(1);
  });

  test("only plain DNS on the port that is asked", () => {
    expect(serving("a.secret.zone.")).toBe(1);
    expect(serving("other.port.")).toBe(1);
    expect(serving("other.port.", 54)).toBe(10);
    expect(serving("example.com.", 54)).toBeNull();
  });

  test("the port is 53, unless only another is served", () => {
    expect(dnsPortOf(corefile)).toBe(53);
    expect(dnsPortOf(parseCorefile(".:5353 {\n errors\n}"))).toBe(5353);
  });
});

test("the cluster domain is the first forward zone of kubernetes", () => {
  expect(clusterDomainOf(parseCorefile(". {\n kubernetes in-addr.arpa ip6.arpa my.domain cluster.local\n}"))).toBe(
    "my.domain",
  );
  expect(clusterDomainOf(parseCorefile(". {\n forward . 1.1.1.1\n}"))).toBeNull();
});

test("the default is kubeadm's, for any domain", () => {
  const corefile = parseCorefile(defaultCorefileText("my.domain"));
  expect(corefile.errors).toEqual([]);
  expect(clusterDomainOf(corefile)).toBe("my.domain");
  expect(corefile.blocks[0]).toMatchObject({
    kubernetes: { pods: "insecure", ttl: 30, fallthrough: ["in-addr.arpa.", "ip6.arpa."] },
    cache: { successTtl: 30, denialTtl: 30, disableDenial: ["my.domain."] },
  });
});
