import { describe, expect, test } from "vitest";
import type { FieldPath } from "../../../src/objects/origin.ts";
import {
  generatedObjects,
  nameOf,
  placeInWritten,
  type WrittenObject,
  withoutHash,
  writtenAs,
  writtenObjects,
} from "../../../src/sources/manifests/written-objects.ts";
import { parseYaml } from "../../../src/sources/manifests/yaml.ts";

const named = (text: string): { kind: string; name: string; namespace: string | null } => {
  const [kind = "", path = ""] = text.split(" ");
  const [name = "", namespace = null] = path.split("/").toReversed();
  return { kind, name, namespace };
};
const manifest = (text: string): string => {
  const { kind, name, namespace } = named(text);
  return `kind: ${kind}\nmetadata:\n  name: ${name}\n${namespace === null ? "" : `  namespace: ${namespace}\n`}`;
};

describe("which object of a file became which", () => {
  test.each<[string, readonly string[], readonly string[], readonly (number | null)[]]>([
    ["names as they are", ["Service a", "Service b", "Pod a"], ["Service a", "Pod a", "Service b"], [0, 2, 1]],
    ["the only one of its kind, whatever its name", ["Service a", "Pod a"], ["Service x"], [0]],
    ["no other kind", ["Service a"], ["Pod a"], [null]],
    ["a prefix", ["Service db", "Service db-read"], ["Service p-db", "Service p-db-read"], [0, 1]],
    ["a suffix", ["Service db", "Service my-db"], ["Service my-db-s", "Service db-s"], [1, 0]],
    ["both", ["Service a", "Service b"], ["Service p-a-s", "Service p-b-s"], [0, 1]],
    ["a prefix that makes another's name", ["Service db", "Service a-db"], ["Service a-db", "Service a-a-db"], [0, 1]],
    ["one of them left out: either may be meant", ["Service db", "Service a-db"], ["Service a-db"], [null]],
    ["a base used twice", ["Service a", "Service b"], ["Service x-a", "Service y-a", "Service x-b"], [0, 0, 1]],
    [
      "the same where one name holds the other",
      ["Service a", "Service ab"],
      ["Service x-a", "Service y-ab"],
      [0, null],
    ],
    ["another name altogether", ["Service a", "Service b"], ["Service c"], [null]],
    ["a name in two namespaces", ["Service s/a", "Service t/a"], ["Service t/a", "Service s/a"], [1, 0]],
    ["the same, moved to another", ["Service s/a", "Service t/a"], ["Service p/a"], [null]],
  ])("%s", (_, file, made, expected) => {
    const written = writtenObjects(file.map(manifest).join("---\n"));
    expect(written.map(({ kind, name }) => [kind, name])).toEqual(
      file.map(named).map(({ kind, name }) => [kind, name]),
    );
    const find = writtenAs(made.map(named), written);
    expect(made.map(named).map((one) => written.indexOf(find(one) as WrittenObject))).toEqual(
      expected.map((at) => at ?? -1),
    );
  });

  test("those of Lists count one by one, and what is no object does not", () => {
    const list = "kind: List\nitems:\n- {kind: Pod, metadata: {name: a}}\n- 1\n- {kind: Pod, metadata: {name: b}}\n";
    const written = writtenObjects(`a: [\n---\nx: 1\n---\n${list}`);
    expect(written.map(({ name, placeOf }) => [name, placeOf([])])).toEqual([
      ["a", { line: 7, column: 3 }],
      ["b", { line: 9, column: 3 }],
    ]);
  });

  test("what is generated stands at the entry that generates it, under its name without the hash", () => {
    const text =
      "namePrefix: p-\nconfigMapGenerator:\n- name: app\n  literals: [a=b]\n- name: app-more\n  literals: [a=b]\n";
    const made = ["p-app-4h2mbtbbt6", "p-app-more-bd4ft7bc2k"].map((name) => ({
      kind: "ConfigMap",
      name,
      namespace: "n",
    }));
    const find = writtenAs(made.map(withoutHash), generatedObjects(text));
    expect(made.map((one) => find(withoutHash(one))?.placeOf(["data", "a"]))).toEqual([
      { line: 3, column: 3 },
      { line: 5, column: 3 },
    ]);
    expect(withoutHash({ kind: "ConfigMap", name: "app-production", namespace: null }).name).toBe("app-production");
  });
});

const WRITTEN = `# the first line
kind: Service
metadata:
  name: db
spec:
  clusterIP:
  selector: {app: db}
  ports:
    - name: a
      port: 80
    - name: b
      port: 90
  externalIPs: [10.0.0.1, 10.0.0.2]
`;

/** Where a field of what kustomize made is placed: the line, and the text from there; null where it is not as it is written. */
function placed(made: string, field: FieldPath): string | null {
  const [written] = writtenObjects(WRITTEN);
  const parsed = parseYaml(made);
  if (written === undefined || parsed.status !== "read") throw new Error("no object");
  expect(nameOf(parsed.value)?.kind).toBe("Service");
  const place = placeInWritten(written, parsed.value, field);
  if (place === null) return null;
  const { line, column } = place;
  return `${line}: ${(WRITTEN.split("\n")[line - 1] ?? "").slice(column - 1)}`;
}

const CHANGED = null;
const made = (spec: string, metadata = "{name: db}"): string => `kind: Service\nmetadata: ${metadata}\nspec: ${spec}\n`;
const PORTS = "ports: [{name: a, port: 80}, {name: b, port: 90}]";

test.each<[string, string, FieldPath, string | null]>([
  ["a value as it is written", made("{selector: {app: db}}"), ["spec", "selector", "app"], "7: db}"],
  ["one that a patch set", made("{selector: {app: x}}"), ["spec", "selector", "app"], CHANGED],
  ["one that a patch added", made("{selector: {app: db, x: y}}"), ["spec", "selector", "x"], CHANGED],
  ["a map to which labels were added", made("{selector: {app: db, x: y}}"), ["spec", "selector"], "7: {app: db}"],
  ["a map of which a value was changed", made("{selector: {app: x}}"), ["spec", "selector"], CHANGED],
  ["a field that a patch removed", made("{type: x}"), ["spec", "selector"], CHANGED],
  ["one that neither has", made("{selector: {app: db}}"), ["spec", "type"], "6: clusterIP:"],
  ["one that is written without a value", made("{}"), ["spec", "clusterIP"], "6: clusterIP:"],
  ["a namespace that kustomize gave", made("{}", "{name: db, namespace: n}"), ["metadata", "namespace"], CHANGED],
  ["a name with a prefix", made("{}", "{name: p-db}"), ["metadata", "name"], CHANGED],
  ["an item by its place", made(`{${PORTS}}`), ["spec", "ports", 1, "port"], "12: 90"],
  [
    "an item before which a patch put another",
    made("{ports: [{name: x, port: 80}, {name: a, port: 80}]}"),
    ["spec", "ports", 1, "port"],
    "10: 80",
  ],
  ["the one that it put there", made("{ports: [{name: x, port: 80}]}"), ["spec", "ports", 0, "port"], CHANGED],
  ["an item without a name", made("{externalIPs: [10.0.0.2]}"), ["spec", "externalIPs", 0], "13: 10.0.0.2]"],
  [
    "what a patch left of an item that it changed",
    made("{externalIPs: [10.0.0.1, x]}"),
    ["spec", "externalIPs", 0],
    "13: 10.0.0.1, 10.0.0.2]",
  ],
  ["what it set there", made("{externalIPs: [10.0.0.1, x]}"), ["spec", "externalIPs", 1], CHANGED],
  [
    "an item that it put in place of a named one",
    made("{ports: [{name: x, port: 80}]}"),
    ["spec", "ports", 0, "port"],
    CHANGED,
  ],
  [
    "an item whose name alone it changed",
    made("{ports: [{name: a, port: 80}, {name: x, port: 90}]}"),
    ["spec", "ports", 1, "port"],
    "12: 90",
  ],
  ["an item that neither has", made(`{${PORTS}}`), ["spec", "ports", 2], "9: - name: a"],
])("%s", (_, text, field, expected) => {
  expect(placed(text, field)).toBe(expected);
});
