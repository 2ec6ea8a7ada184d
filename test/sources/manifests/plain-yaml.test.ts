import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitDocuments } from "../../../src/sources/manifests/documents.ts";
import { parsePlainYaml } from "../../../src/sources/manifests/plain-yaml.ts";
import { parseYaml } from "../../../src/sources/manifests/yaml.ts";
import { documentNumber } from "../../bench/manifests.ts";
import { ROOT } from "../../cli/run.ts";

/** Holds the plain reader to the general one: whatever it reads, that reads alike. Returns whether it read. */
function agrees(text: string): boolean {
  const plain = parsePlainYaml(text);
  if (plain === undefined) return false;
  expect({ text, ...parseYaml(text) }).toEqual({ text, status: "read", value: plain });
  return true;
}

const SERVICE = `apiVersion: v1
kind: Service # of peers
metadata:
  name: mysql
  labels: {app: mysql, "tier": 'db'}
  annotations:
    note: 'a # b'
    empty: ""
    nothing:
    tilde: ~
spec:

  clusterIP: None
  publishNotReadyAddresses: yes
  ports:
  - name: mysql
    port: 3306

    targetPort: "mysql"
  -   port: 0644
      nodePort: -1
  -
    port: 1_000
  selector: {}
  externalIPs: []
  args: ["--listen", ':7000', a.b/c, 1, on]
  items:
    - plain text, with a comma
    - https://example.com/#anchor
    - key: value
      other: |
        two
          lines

        and one
    - |-
      stripped
    - 12:30
`;

describe("reads", () => {
  test("what manifests are mostly made of", () => {
    expect(agrees(SERVICE)).toBe(true);
    expect(agrees(`--- # first\n${SERVICE}`)).toBe(true);
    expect(agrees(`# above\n\n${SERVICE}# below`)).toBe(true);
  });

  test("what a benchmark measures", () => {
    for (let number = 0; number < 6; number += 1) expect(agrees(documentNumber(number))).toBe(true);
  });

  test.each([
    "- a\n- b: c\n",
    "a: |\n  x\n\n\nb: 1\n",
    "a:\n- b\nc: d",
    "a: b # c\n  # d\n# e\nf: g\n",
    "a: 'b''c'\n".replace("''", " "),
    "é: x\n".replace("é", "e"),
    "a: ünïcode → text\n",
    "- name: a\n  # between\n  value: b\n-\n- {}\n",
    "a: [ ]\nb: { }\nc: [ x , [y, 'z'] ]\nd: {e: {f: g}}\n",
  ])("%j", (text) => {
    expect(agrees(text)).toBe(true);
  });
});

describe("leaves to the general reader", () => {
  test.each([
    ["anchors and aliases", "a: &x b\nc: *x\n"],
    ["merges", "a:\n  <<: b\n"],
    ["tags", "a: !!str 1\n"],
    ["text over several lines", "a: b\n  c\n"],
    ["quoted text over several lines", 'a: "b\n  c"\n'],
    ["escapes", 'a: "b\\n"\n'],
    ["doubled quotes", "a: 'b''c'\n"],
    ["folded text", "a: >\n  b\n"],
    ["text that keeps its line ends", "a: |+\n  b\n\n"],
    ["text with its indentation given", "a: |2\n   b\n"],
    ["flow style over several lines", "a: [b,\n  c]\n"],
    ["flow style with spaces in words", "a: [b c]\n"],
    ["explicit keys", "? a\n: b\n"],
    ["keys that are words", "on: a\n"],
    ["keys of numbers", "1: a\n"],
    ["tabs", "a:\tb\n"],
    ["carriage returns", "a: b\r\nc: d\r\n"],
    ["directives", "%YAML 1.1\n---\na: b\n"],
    ["templates", "a: {{ .b }}\n"],
    ["a text alone", "a\n"],
    ["nothing", "# a\n"],
    ["what is broken", "a: b: c\n"],
    ["a line that stands too far to the right", "a: 'b'\n  c: d\n"],
    ["a line that stands between", "a:\n    b: c\n  d: e\n"],
    ["a list among keys", "a: b\n- c\n"],
    ["lists in lists", "- - a\n"],
    ["the name of a prototype", "__proto__: a\n"],
  ])("%s", (_, text) => {
    expect(parsePlainYaml(text)).toBeUndefined();
  });
});

describe("and the general reader agree", () => {
  test("on every manifest and table of this repository", () => {
    const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
      (file) => /\.ya?ml$/.test(file) && !/(^|[\\/])(node_modules|\.git)[\\/]/.test(file),
    );
    const documents = files.flatMap((file) => splitDocuments(readFileSync(join(ROOT, file), "utf8")));
    const read = documents.filter(({ text }) => agrees(text));
    expect(documents.length).toBeGreaterThan(100);
    expect(read.length).toBeGreaterThan(documents.length / 4);
  });

  test("on what comes of cutting, doubling and mixing the lines and characters of a manifest", () => {
    const lines = SERVICE.split("\n");
    const line = fc.oneof(
      fc.constantFrom(...lines),
      fc.tuple(fc.constantFrom(...lines), fc.nat(6)).map(([text, indent]) => " ".repeat(indent) + text.trimStart()),
      fc.string({ unit: fc.constantFrom(..."ab: -#'\"[]{},|>&*!?%~.0\\\t".split("")), maxLength: 8 }),
    );
    const mixed = fc.array(line, { minLength: 1, maxLength: 8 }).map((some) => some.join("\n"));
    const spoilt = fc
      .tuple(
        fc.nat(SERVICE.length),
        fc.nat(4),
        fc.string({ unit: fc.constantFrom(..." \n:-#'\"[{|a".split("")), maxLength: 3 }),
      )
      .map(([at, cut, put]) => SERVICE.slice(0, at) + put + SERVICE.slice(at + cut));
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(mixed, spoilt), (text) => {
        if (agrees(text)) read += 1;
      }),
      { numRuns: 4_000 },
    );
    expect(read).toBeGreaterThan(400);
  });
});
