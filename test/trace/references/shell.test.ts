// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what shells read.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostWords } from "../../../src/trace/references/hosts.ts";
import { expandShell, spread } from "../../../src/trace/references/shell.ts";
import { expandReferences, OWN_FQDN, type OwnPod, UNKNOWN } from "../../../src/trace/references/variables.ts";

const POD: OwnPod = { namespace: "shop", labels: {}, name: "web-0", hostname: "web-0", ordinal: "0", replicas: 3 };

/** All that a shell would make of a word, with the variables of a container. */
function expanded(text: string, variables: Readonly<Record<string, string | null>> = {}): readonly string[] {
  const shell = expandShell(text, new Map(Object.entries(variables)), POD);
  return spread(shell.text, shell.loops);
}

describe("a shell's variables", () => {
  test.each([
    ["$HOSTNAME.web", "web-0.web"],
    ["${HOSTNAME}.web", "web-0.web"],
    ["$(hostname).web", "web-0.web"],
    ["`hostname -s`.web", "web-0.web"],
    ["$(hostname -f)", OWN_FQDN],
    ["${HOSTNAME##*-}", "0"],
    ["${HOSTNAME%-*}-1.web", "web-1.web"],
    ["${PORT:-8080}", "8080"],
    ["${PEER:-web-1.web}", "web-1.web"],
    ["${SERVICE:-other}", "web"],
    ["a-$SERVICE-b", "a-web-b"],
    ["$(date).web", `${UNKNOWN}.web`],
    ["${NOWHERE}.web", `${UNKNOWN}.web`],
    ["$SECRET.web", `${UNKNOWN}.web`],
    ["$((ORDINAL + 1)).web", `${UNKNOWN}.web`],
    ["${HOSTNAME/web/db}", UNKNOWN],
  ])("%s", (text, value) => {
    expect(expanded(text, { SERVICE: "web", SECRET: null })).toEqual([value]);
  });

  test.each([
    ["N=web; echo $N.web", "web.web"],
    ['SET="${HOSTNAME%-*}"\nexport PEER="$SET-1.$SERVICE"\ncurl $PEER', "curl web-1.web"],
    ["A=1\nA=2\necho web-$A.web", `web-${UNKNOWN}.web`],
  ])("set by the script: %s", (script, end) => {
    expect(expanded(script, { SERVICE: "web" })[0]).toMatch(new RegExp(`${end}$`));
  });

  test.each([
    ["for i in $(seq 0 2); do echo web-$i.web; done", ["web-0.web", "web-1.web", "web-2.web"]],
    ["for i in `seq 2`; do echo web-$i.web; done", ["web-1.web", "web-2.web"]],
    ["for i in {1..2}; do echo web-$i.web; done", ["web-1.web", "web-2.web"]],
    ["for i in 0 5; do echo web-${i}.web; done", ["web-0.web", "web-5.web"]],
    ["for i in $(seq 0 $((REPLICAS - 1))); do echo web-$i.web; done", ["web-0.web", "web-1.web"]],
    ["for i in $(seq 0 ${LAST}); do echo web-$i.web; done", ["web-0.web", "web-1.web"]],
    ["echo web-{0..1}.web", ["web-0.web", "web-1.web"]],
    ["minio server http://web-{0...1}.web/data", ["web-0.web", "web-1.web"]],
    ["for i in $(cat peers); do echo web-$i.web; done", []],
    ["for i in $PEERS; do echo web-$i.web; done", []],
  ])("in a loop: %s", (script, hosts) => {
    const shell = expandShell(
      script,
      new Map([
        ["REPLICAS", "2"],
        ["LAST", "1"],
      ]),
      POD,
    );
    expect(hostWords(shell).flatMap(({ host }) => (host.endsWith(".web") ? [host] : []))).toEqual(hosts);
  });
});

test.each([
  ["$(A).$(B)", "a.$(B)"],
  ["$$(A)", "$(A)"],
  ["$(SECRET):80", `${UNKNOWN}:80`],
  ["$(A", "$(A"],
])("the kubelet's variables: %s", (text, value) => {
  expect(
    expandReferences(
      text,
      new Map([
        ["A", "a"],
        ["SECRET", null],
      ]),
    ),
  ).toBe(value);
});

const signs = fc.constantFrom(
  ..."$`{}()[]<>!-#.:;|&'\"\\/= \n",
  "for i in ",
  "${",
  "$(",
  "seq 0 9",
  "{0..9}",
  "web-0.web",
  "\ue001",
);

test("any text is read, and no host is made of anything but letters, digits, hyphens and dots", () => {
  fc.assert(
    fc.property(
      fc.array(signs, { maxLength: 200 }).map((parts) => parts.join("")),
      (text) => {
        for (const { host } of hostWords(expandShell(text, new Map([["A", text]]), POD))) {
          expect(host).toMatch(/^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$/);
        }
      },
    ),
  );
});

test.each(["$", "${", "$(", "`", "-", "a-", "a.", "{0..", "for i in $(seq 0 9); do\n", "A=b;", "<!--", "://", "\\"])(
  "a long run of %j takes no longer than other text",
  (run) => {
    const start = performance.now();
    hostWords(expandShell(run.repeat(200_000 / run.length), new Map(), POD));
    expect(performance.now() - start).toBeLessThan(3_000);
  },
);
