// Random Corefiles of the plugins that predictions work out, each with what decides answers.
import fc from "fast-check";

/** What a Corefile is written for. */
export interface Place {
  /** Every server block is served on it. */
  readonly port: number;
  readonly kubeconfig: string;
  readonly namespaces: readonly string[];
}

/** One in two, and one in four. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, nil: T): fc.Arbitrary<T> => fc.option(arbitrary, { nil, freq: 2 });
const seldom = <T>(arbitrary: fc.Arbitrary<T>, nil: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(nil) }, { weight: 1, arbitrary });
const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** The lines of a plugin; none where it is left out. */
type Lines = readonly string[];
const NONE: Lines = [];

const within = (head: string, lines: Lines): Lines => (lines.length === 0 ? [head] : [`${head} {`, ...lines, "}"]);

const ZONES = ["cluster.local", "second.test", "svc.cluster.local", "corp.test", "in-addr.arpa"];
const zones = (maxLength = 2): fc.Arbitrary<string> =>
  fc.uniqueArray(some(...ZONES, "."), { maxLength }).map((list) => list.map((zone) => ` ${zone}`).join(""));
const passing = fc.tuple(some("fallthrough"), zones()).map(([option, named]) => [option + named]);

function kubernetes({ kubeconfig, namespaces }: Place): fc.Arbitrary<Lines> {
  const options = fc.record({
    pods: maybe(some("pods disabled", "pods insecure", "pods verified"), ""),
    ttl: maybe(some("ttl 0", "ttl 1", "ttl 5", "ttl 30", "ttl 300", "ttl 3600"), ""),
    names: maybe(some("endpoint_pod_names"), ""),
    exposed: seldom(
      some(
        "noendpoints",
        ...namespaces.map((name) => `namespaces kube-system ${name}`),
        "namespace_labels exposed=yes",
        "namespace_labels exposed notin (yes)",
        "labels exposed=yes",
        "labels !exposed",
      ),
      "",
    ),
    empty: maybe(some("ignore empty_service"), ""),
    passing: maybe(passing, NONE),
  });
  return fc
    .tuple(
      some(
        "cluster.local",
        "cluster.local in-addr.arpa ip6.arpa",
        "cluster.local second.test 198.18.0.0/15",
        "in-addr.arpa ip6.arpa cluster.local",
        "svc.cluster.local",
        "",
      ),
      options,
    )
    .map(([named, { pods, ttl, names, exposed, empty, passing }]) =>
      within(
        `kubernetes ${named}`.trim(),
        [`kubeconfig ${kubeconfig}`, pods, ttl, names, exposed, empty, ...passing].filter((line) => line !== ""),
      ),
    );
}

const cache: fc.Arbitrary<Lines> = fc
  .record({
    cap: some("", " 7", " 30", " 3600"),
    zones: maybe(zones(1), ""),
    success: maybe(some("success 9984", "success 9984 20", "success 500 60 10", "success 500 60 0"), ""),
    denial: maybe(some("denial 9984", "denial 9984 7", "denial 500 60 10", "denial 500 60 0"), ""),
    disable: maybe(some("disable success", "disable denial cluster.local", "disable success second.test ."), ""),
  })
  .map(({ cap, zones, ...options }) =>
    within(
      `cache${cap}${zones}`,
      Object.values(options).filter((line) => line !== ""),
    ),
  );

const rewriteName = fc
  .tuple(
    some(
      "exact nothing.cluster.local dns-version.cluster.local",
      "prefix gone. web.",
      "suffix .corp.test. .svc.cluster.local.",
      "suffix .corp.test .svc.cluster.local",
      "substring gone web",
      "regex ^(.*\\.)?nowhere\\.(.*)\\.$ {1}web.{2}",
      "regex (.*)\\.second\\.test\\.$ {1}.cluster.local.",
      "regex ^(.*)\\.corp\\.test\\.$ {1}.svc.cluster.local.",
    ),
    some(
      "",
      "",
      " answer auto",
      " answer name (.*)\\.cluster\\.local\\.$ {1}.corp.test.",
      " answer name (.*)\\.svc\\.cluster\\.local\\.$ {1}.corp.test. answer value (.*)\\.cluster\\.local\\. {1}.second.test.",
    ),
  )
  .map(([rule, answer]) => `name ${rule}${answer}`);
const rewrites: fc.Arbitrary<Lines> = fc.array(
  fc
    .tuple(
      some("", "", "stop ", "continue "),
      fc.oneof(
        { weight: 4, arbitrary: rewriteName },
        {
          weight: 3,
          arbitrary: some(
            "type TXT A",
            "type AAAA A",
            "ttl regex (.*) 17",
            "ttl suffix .cluster.local. 9-12",
            "ttl exact dns-version.cluster.local. 5-",
            "edns0 local set 0xffee 0x61",
            "edns0 nsid replace",
            "class CH IN",
          ),
        },
      ),
    )
    .map(([mode, rule]) => `rewrite ${mode}${rule}`),
  { maxLength: 3 },
);

const templates: fc.Arbitrary<Lines> = fc
  .array(
    fc.record({
      head: some("IN A", "IN AAAA", "IN ANY", "ANY ANY", "CH ANY", "IN SRV"),
      zones: maybe(zones(1), ""),
      match: some("", "match ^web\\. ^_", "match ^[^.]*\\.corp\\.test\\.$", "match (gone|nowhere)\\."),
      rcode: some("rcode NXDOMAIN", "rcode NOERROR", "rcode REFUSED", "rcode SERVFAIL"),
      passing: maybe(passing, NONE),
    }),
    { maxLength: 2 },
  )
  .map((list) =>
    list.flatMap(({ head, zones, match, rcode, passing }) =>
      within(`template ${head}${zones}`, [...(match === "" ? [] : [match]), rcode, ...passing]),
    ),
  );

const HOSTS = [
  "198.18.7.7 nothing.cluster.local printer.corp.test",
  "198.18.7.8 Printer.Corp.test",
  "2001:db8::7 printer.corp.test",
  "198.18.0.1 shadow.second.test",
];
const hosts = (namespaces: readonly string[]): fc.Arbitrary<Lines> =>
  fc
    .record({
      zones: maybe(zones(1), ""),
      entries: fc.subarray([...HOSTS, ...namespaces.map((name) => `198.18.9.9 web.${name}.svc.cluster.local`)], {
        minLength: 1,
      }),
      ttl: maybe(some("ttl 44"), ""),
      reverse: maybe(some("no_reverse"), ""),
      passing: maybe(passing, NONE),
    })
    .map(({ zones, entries, ttl, reverse, passing }) =>
      // A zone would be taken for a file without one in front of it.
      within(
        `hosts /dev/null${zones}`,
        [...entries, ttl, reverse, ...passing].filter((line) => line !== ""),
      ),
    );

const autopath: fc.Arbitrary<Lines> = zones(1).map((named) => [`autopath${named} @kubernetes`]);

const acl: fc.Arbitrary<Lines> = fc
  .record({
    zones: maybe(zones(1), ""),
    policies: fc.array(
      some(
        "allow net 127.0.0.0/31",
        "allow type A AAAA net 127.0.0.9 10.0.0.0/8",
        "block type SRV",
        "block net 127.0.0.8/29",
        "filter type TXT net *",
        "filter type AAAA",
        "block type PTR net 127.0.0.1/32",
      ),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ zones, policies }) => within(`acl${zones}`, policies));

interface Block {
  readonly zone: string;
  readonly plugins: readonly Lines[];
}

function block(zone: string, place: Place): fc.Arbitrary<Block> {
  return fc
    .record({
      errors: maybe(some<Lines>(["errors"]), NONE),
      kubernetes: fc.option(kubernetes(place), { nil: NONE, freq: 8 }),
      cache: maybe(cache, NONE),
      rewrites: fc.oneof(rewrites, fc.constant(NONE)),
      templates: seldom(templates, NONE),
      hosts: seldom(hosts(place.namespaces), NONE),
      autopath: seldom(autopath, NONE),
      acl: seldom(acl, NONE),
      minimal: seldom(some<Lines>(["minimal"]), NONE),
      loadbalance: maybe(some<Lines>(["loadbalance"], ["loadbalance round_robin"]), NONE),
    })
    .chain((plugins) =>
      // Their order in a Corefile means nothing, but that of the rules of one plugin.
      fc.shuffledSubarray(Object.values(plugins), { minLength: Object.keys(plugins).length }).map((shuffled) => ({
        zone,
        plugins: shuffled,
      })),
    );
}

/** Corefiles for a place. All of them load. */
export function corefiles(place: Place): fc.Arbitrary<string> {
  const texts = fc
    .tuple(
      some(["."], ["."], ["cluster.local"], ["cluster.local", "in-addr.arpa"]),
      fc.uniqueArray(some("second.test", "svc.cluster.local", "corp.test"), { maxLength: 2 }),
    )
    .chain(([first, more]) => fc.tuple(...[...first, ...more].map((zone) => block(zone, place))))
    .map((blocks) =>
      blocks
        .flatMap(({ zone, plugins }) => [`${zone}:${place.port} {`, ...plugins.flatMap(indented), "}", ""])
        .join("\n"),
    );
  // Its first samples would be the smallest ones.
  return fc.noBias(texts);
}

function indented(lines: Lines): Lines {
  return lines.map((line) => `    ${line}`);
}
