import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FieldChange } from "../../../src/objects/field-change.ts";
import { editManifest } from "../../../src/sources/manifests/edit.ts";
import { parseYaml } from "../../../src/sources/manifests/yaml.ts";

const REF = { apiVersion: "v1", kind: "Service", namespace: "default", name: "mysql" };
const TEXT = `# The database.
apiVersion: v1
kind: Service
metadata:
  name: mysql   # as the chart names it
  labels: {team: shop}
spec:

    # Pods are found by name.
    clusterIP: "none"  # not an address
    clusterIp: None # of old
    selector:
        app:  mysq1
        tier: 'db'
    ports:
    - port: 3306 # MySQL
      protocol: TCP
    -   name: admin

        port: 33060
    externalIPs:
    - 192.0.2.1
    # the last
    - 192.0.2.2
    sessionAffinity: ClientIP # no effect
`;

const edit = (text: string, ...changes: readonly FieldChange[]) => editManifest(text, REF, "default", changes);

/** The lines that an edit took out (-) and put in (+), by the common lines before and behind. */
function difference(text: string, ...changes: readonly FieldChange[]): readonly string[] {
  const result = edit(text, ...changes);
  if (result.status === "refused") return [`refused: ${result.because}`];
  const [before, after] = [text.split("\n"), result.text.split("\n")];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    ...before.slice(start, before.length - end).map((line) => `-${line}`),
    ...after.slice(start, after.length - end).map((line) => `+${line}`),
  ];
}

describe("changes no more than it is to", () => {
  test.each<[string, readonly FieldChange[], readonly string[]]>([
    [
      "a quoted value keeps its quotes and its comment",
      [{ path: ["spec", "clusterIP"], value: "None" }],
      ['-    clusterIP: "none"  # not an address', '+    clusterIP: "None"  # not an address'],
    ],
    [
      "a plain value its room",
      [{ path: ["spec", "selector", "app"], value: "mysql" }],
      ["-        app:  mysq1", "+        app:  mysql"],
    ],
    [
      "what YAML would read as something else is quoted",
      [{ path: ["spec", "selector", "app"], value: "on" }],
      ["-        app:  mysq1", '+        app:  "on"'],
    ],
    [
      "an entry is added as the first line of its map, as far to the right as the others",
      [{ path: ["spec", "publishNotReadyAddresses"], value: true }],
      ["+    publishNotReadyAddresses: true"],
    ],
    [
      "with the map that it needs",
      [{ path: ["metadata", "annotations", "a.example/b"], value: "1" }],
      ["+  annotations:", '+    a.example/b: "1"'],
    ],
    [
      "an entry is added to a list's item",
      [{ path: ["spec", "ports", 0, "name"], value: "mysql" }],
      ["+      name: mysql"],
    ],
    [
      "an entry goes with its line and the comment on it",
      [{ path: ["spec", "sessionAffinity"], value: null }],
      ["-    sessionAffinity: ClientIP # no effect"],
    ],
    [
      "a list with all that is in it",
      [{ path: ["spec", "externalIPs"], value: null }],
      ["-    externalIPs:", "-    - 192.0.2.1", "-    # the last", "-    - 192.0.2.2"],
    ],
    ["what is not there need not go", [{ path: ["spec", "externalName"], value: null }], []],
    [
      "a key gets another name where it stands",
      [
        { path: ["spec", "selector", "tier"], value: null },
        { path: ["spec", "selector", "role"], value: "db" },
      ],
      ["-        tier: 'db'", "+        role: 'db'"],
    ],
  ])("%s", (_, changes, expected) => {
    expect(difference(TEXT, ...changes)).toEqual(expected);
    const windows = TEXT.replaceAll("\n", "\r\n");
    expect(difference(windows, ...changes)).toEqual(expected.map((line) => `${line}\r`));
  });

  test("a map goes with its last entry, a value is put behind a bare key, and an item of a List is found", () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    annotations:
      a: b
    name: mysql
  spec:
    clusterIP: # to be written
`;
    expect(difference(text, { path: ["metadata", "annotations", "a"], value: null })).toEqual([
      "-    annotations:",
      "-      a: b",
    ]);
    expect(difference(text, { path: ["spec", "clusterIP"], value: "None" })).toEqual([
      "-    clusterIP: # to be written",
      "+    clusterIP: None # to be written",
    ]);
  });

  test("only the object's own document, whatever stands in the others", () => {
    const others = "kind: Service\nmetadata: {name: mysq}\n--- # x\n{{ broken\n---\n";
    const result = edit(`${others}${TEXT}...\n`, { path: ["spec", "selector", "app"], value: "mysql" });
    expect(result).toEqual({ status: "edited", text: `${others}${TEXT.replace("mysq1", "mysql")}...\n` });
  });
});

describe("leaves alone what it does not understand", () => {
  const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata:\n  name: mysql\n${spec}`;
  const selector: FieldChange = { path: ["spec", "selector", "app"], value: "mysql" };
  test.each<[string, string, FieldChange]>([
    [
      "JSON",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "mysql" },
        spec: { selector: { app: "a" } },
      }),
      selector,
    ],
    ["flow style", service("spec:\n  selector: {app: a}\n"), selector],
    ["flow style above it", service("spec: {selector: {app: a}}\n"), selector],
    ["an anchor on the value", service("spec:\n  selector:\n    app: &a mysq1\n  externalName: *a\n"), selector],
    ["an anchor on its map", service("spec:\n  selector: &a\n    app: mysq1\nx: *a\n"), selector],
    ["an alias", service("x: &a\n  app: mysq1\nspec:\n  selector: *a\n"), selector],
    ["a merge", service("x: &a\n  app: mysq1\nspec:\n  selector:\n    <<: *a\n"), selector],
    ["a tag", service("spec:\n  selector:\n    app: !!str mysq1\n"), selector],
    ["a block scalar", service("spec:\n  selector:\n    app: |-\n      mysq1\n"), selector],
    ["a key that stands twice", service("spec:\n  selector:\n    app: a\n    app: b\n"), selector],
    ["a template", service("spec:\n  selector:\n    app: a\n    x: '{{ .Values.x }}'\n"), selector],
    [
      "an object that stands twice",
      `${service("spec:\n  selector:\n    app: a\n")}---\n${service("spec:\n  selector:\n    app: a\n")}`,
      selector,
    ],
    ["an object that is gone", "kind: Service\n", selector],
    [
      "a list's item that begins in another way",
      service("spec:\n  ports:\n  -\n    port: 1\n"),
      { path: ["spec", "ports", 0, "name"], value: "a" },
    ],
    [
      "the first entry of an item",
      service("spec:\n  ports:\n  - name: a\n    port: 1\n"),
      { path: ["spec", "ports", 0, "name"], value: null },
    ],
    ["a map that is not there", service("spec:\n"), selector],
    [
      "a value over several lines",
      service("spec:\n  clusterIP: 'a\n\n    b' # x\n"),
      { path: ["spec", "clusterIP"], value: "a\nb" },
    ],
  ])("%s", (_, text, change) => {
    expect(edit(text, change)).toEqual({ status: "refused", because: expect.stringMatching(/./) });
  });
});

/** Service manifests in the many ways that people write them: indentation, quotes, comments, order, empty lines. */
const manifest = fc
  .record({
    indent: fc.constantFrom("  ", "    ", " "),
    listIndent: fc.boolean(),
    eol: fc.constantFrom("\n", "\r\n"),
    comment: fc.constantFrom("", " # why", "   #: x"),
    between: fc.constantFrom("", "\n", "# a note\n"),
    value: fc.constantFrom("mysq1", "'mysq1'", '"mysq1"', "1", ""),
    before: fc.constantFrom("", "---\n", "--- # first\n", "a: 1\n---\n"),
    after: fc.constantFrom("", "---\nb: [1, 2]\n", "...\n"),
    extras: fc.subarray(["type: ClusterIP", "clusterIP: None", "sessionAffinity: None"]),
    selectorLast: fc.boolean(),
  })
  .map(({ indent, listIndent, eol, comment, between, value, before, after, extras, selectorLast }) => {
    const selector = [`${indent}selector:${comment}`, `${indent}${indent}app: ${value}${comment}`];
    const rest = [
      ...extras.map((line) => `${indent}${line}${comment}`),
      `${indent}ports:`,
      `${listIndent ? indent : ""}${indent}- port: 80${comment}`,
    ];
    const spec = selectorLast ? [...rest, ...selector] : [...selector, ...rest];
    const lines = ["apiVersion: v1", "kind: Service", "metadata:", `${indent}name: mysql`, `spec:${comment}`, ...spec];
    return `${before}${lines.map((line) => `${line}\n${between}`).join("")}${after}`.replaceAll("\n", eol);
  });
const change = fc.constantFrom<FieldChange>(
  { path: ["spec", "selector", "app"], value: "mysql" },
  { path: ["spec", "selector", "tier"], value: "db" },
  { path: ["spec", "clusterIP"], value: "None" },
  { path: ["spec", "sessionAffinity"], value: null },
  { path: ["spec", "ports", 0, "name"], value: "http" },
  { path: ["metadata", "labels", "kubernetes.io/service-name"], value: "x" },
);

test("every line that it does not change stays byte for byte, and the value is changed as asked", () => {
  fc.assert(
    fc.property(manifest, change, (text, one) => {
      const result = edit(text, one);
      if (result.status === "refused") {
        expect(result.because).toMatch(/no map to add to/);
        return;
      }
      // One line is changed, added (two with their map) or taken out: all others are there, in order.
      const [before, after] = [text.split("\n"), result.text.split("\n")];
      expect(Math.abs(before.length - after.length)).toBeLessThanOrEqual(2);
      const kept = after.filter((line) => before.includes(line));
      expect(kept.length).toBeGreaterThanOrEqual(before.length - 1);
      expect(after.length - kept.length).toBeLessThanOrEqual(2);
      let at = -1;
      for (const line of kept) {
        at = before.indexOf(line, at + 1);
        expect(at).toBeGreaterThanOrEqual(0);
      }
      const path = one.path;
      const read = (documents: string): unknown =>
        documents
          .split(/^(?:---|\.\.\.).*\r?\n/m)
          .flatMap((document) => {
            const parsed = parseYaml(document);
            return parsed.status === "read" ? [parsed.value] : [];
          })
          .find((value) => (value as { kind?: string } | null)?.kind === "Service");
      const found = path.reduce<unknown>(
        (value, step) => (value as Record<string, unknown> | undefined)?.[step],
        read(result.text),
      );
      expect(found).toBe(one.value === null ? undefined : one.value);
      // A second time there is nothing left to do.
      expect(edit(result.text, one)).toEqual({ status: "edited", text: result.text });
    }),
    { numRuns: 400 },
  );
});

test("nothing that is thrown at it makes it throw", () => {
  fc.assert(
    fc.property(fc.nat(TEXT.length), fc.string({ maxLength: 6 }), fc.nat(8), change, (start, junk, cut, one) => {
      const text = TEXT.slice(0, start) + junk + TEXT.slice(start + cut);
      expect(["edited", "refused"]).toContain(edit(text, one).status);
    }),
    { numRuns: 500 },
  );
});
