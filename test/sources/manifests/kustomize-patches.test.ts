import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FieldPath } from "../../../src/objects/origin.ts";
import { patchesIn, placeInPatches } from "../../../src/sources/manifests/kustomize-patches.ts";
import { nameOf } from "../../../src/sources/manifests/written-objects.ts";
import { parseYaml } from "../../../src/sources/manifests/yaml.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "patches-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const parsed = (text: string): unknown => {
  const read = parseYaml(text);
  if (read.status !== "read") throw new Error(read.message);
  return read.value;
};
const service = (spec: string, name = "db"): string => `kind: Service\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

interface Case {
  /** By their paths in the folder; those called kustomization.yaml are passed through in this order. */
  readonly files: Readonly<Record<string, string>>;
  /** The Service as it was made. */
  readonly made?: string;
  /** What was written; null where it is not known. */
  readonly written?: string | null;
  readonly field?: FieldPath;
}

/** `FILE:LINE: TEXT` from the place on; null where it cannot be told. */
function placed({ files, made = service("{selector: {app: x}}"), written, field }: Case): string | null {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const passed = Object.keys(files).filter((file) => file.endsWith("kustomization.yaml"));
  const value = parsed(made);
  const name = nameOf(value);
  if (name === null) throw new Error("no object");
  const before = written === null ? null : parsed(written ?? service("{selector: {app: db}}"));
  const place = placeInPatches(
    passed.map((file) => patchesIn(join(folder, file), folder)),
    { name, value, written: before === null ? null : { name: nameOf(before)?.name ?? "", value: before } },
    field ?? ["spec", "selector", "app"],
  );
  if (place === null) return null;
  const file = place.file.slice(folder.length + 1);
  return `${file}:${place.line}: ${(files[file]?.split("\n")[place.line - 1] ?? "").slice(place.column - 1)}`;
}

const FILE = { "kustomization.yaml": "patches: [{path: p.yaml}]\n" };
const TO_X = service("\n  selector:\n    app: x");
const INLINE = `patches:
  - target: {kind: Service, name: "d.*"}
    patch: |-

      - op: add
        path: /spec/selector/app
        value: x
`;
const REPLACEMENT = `replacements:
- source: {kind: ConfigMap, name: c, fieldPath: data.app}
  targets:
  - select: {kind: Service}
    fieldPaths:
    - spec.selector.app
`;
const operation = (text: string): string => `patches: [{target: {kind: Service}, patch: '[${text}]'}]\n`;

test.each<readonly [string, Case, string | null]>([
  ["a merge patch in a file", { files: { ...FILE, "p.yaml": TO_X } }, "p.yaml:5: x"],
  [
    "one of the older list, written out",
    { files: { "kustomization.yaml": `patchesStrategicMerge:\n- |\n  ${TO_X.replaceAll("\n", "\n  ")}\n` } },
    "kustomization.yaml:7: x",
  ],
  ["an operation in a block", { files: { "kustomization.yaml": INLINE } }, "kustomization.yaml:7: x"],
  [
    "one in quotes, as a whole",
    {
      files: {
        "kustomization.yaml": operation('{"op": "replace", "path": "/spec", "value": {"selector": {"app": "x"}}}'),
      },
    },
    `kustomization.yaml:1: '[{"op": "replace", "path": "/spec", "value": {"selector": {"app": "x"}}}]'}]`,
  ],
  [
    "a file of operations",
    {
      files: {
        "kustomization.yaml": "patchesJson6902: [{target: {kind: Service, name: db}, path: sub/p.json}]\n",
        "sub/p.json":
          '[\n{"op": "replace", "path": "/spec/selector/app", "value": "y"},\n{"op": "replace", "path": "/spec/selector/app", "value": "x"}\n]',
      },
    },
    'sub/p.json:3: "x"}',
  ],
  [
    "a patch of the name before the prefix",
    {
      files: { "a/kustomization.yaml": "namePrefix: p-\npatches: [{path: p.yaml}]\n", "a/p.yaml": TO_X },
      made: service("{selector: {app: x}}", "p-db"),
      written: null,
    },
    "a/p.yaml:5: x",
  ],
  [
    "the map in which it changed an entry",
    { files: { ...FILE, "p.yaml": TO_X }, made: service("{selector: {app: x, tier: a}}"), field: ["spec", "selector"] },
    "p.yaml:5: x",
  ],
  [
    "the item of a list, wherever that stands",
    {
      files: {
        ...FILE,
        "p.yaml": service("\n  ports:\n    - {port: 90, targetPort: 1}\n    - {port: 80, targetPort: 2}"),
      },
      made: service("{ports: [{name: a, port: 80, targetPort: 2}, {name: b, port: 90, targetPort: 1}]}"),
      field: ["spec", "ports", 0, "targetPort"],
    },
    "p.yaml:6: 2}",
  ],
  [
    "an item that was put behind the others",
    {
      files: {
        "kustomization.yaml":
          "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: add, path: /spec/ports/-, value: {port: 5}}\n",
      },
      made: service("{ports: [{port: 4}, {port: 5}]}"),
      field: ["spec", "ports", 1, "port"],
    },
    "kustomization.yaml:4: 5}}",
  ],
  [
    "what a merge takes away",
    { files: { ...FILE, "p.yaml": service("\n  selector: null") }, made: service("{}") },
    "p.yaml:4: null",
  ],
  [
    "what an operation takes away",
    {
      files: {
        "kustomization.yaml":
          "patches:\n- target: {kind: Service}\n  patch: |\n    - op: remove\n      path: /spec/selector\n",
      },
      made: service("{}"),
    },
    "kustomization.yaml:4: op: remove",
  ],
  [
    "the target of a replacement",
    { files: { "kustomization.yaml": REPLACEMENT } },
    "kustomization.yaml:6: spec.selector.app",
  ],
  [
    "one in a file, by the name of a list's item",
    {
      files: {
        "kustomization.yaml": "replacements: [{path: r.yaml}]\n",
        "r.yaml":
          "- targets: []\n- targets:\n  - select: {kind: Service}\n    fieldPaths: ['spec.ports.[name=b.c].port', 'spec.ports.[name=a].port']\n",
      },
      made: service("{ports: [{name: b.c, port: 4}, {name: a, port: 5}]}"),
      field: ["spec", "ports", 1, "port"],
    },
    "r.yaml:4: 'spec.ports.[name=a].port']",
  ],
  [
    "a field whose name has a dot",
    {
      files: { "kustomization.yaml": REPLACEMENT.replace("spec.selector.app", "spec.selector.a\\.b/c") },
      made: service("{selector: {a.b/c: x}}"),
      field: ["spec", "selector", "a.b/c"],
    },
    "kustomization.yaml:6: spec.selector.a\\.b/c",
  ],
  [
    "a replacement that rejects it",
    { files: { "kustomization.yaml": `${REPLACEMENT}    reject: [{name: db}]\n` } },
    null,
  ],
  [
    "a replacement and a patch of the same field",
    { files: { "kustomization.yaml": `${REPLACEMENT}patches: [{path: p.yaml}]\n`, "p.yaml": TO_X } },
    null,
  ],
  ["a patch that says something else", { files: { ...FILE, "p.yaml": service("{selector: {app: y}}") } }, null],
  ["a patch for another kind", { files: { ...FILE, "p.yaml": TO_X.replace("Service", "Ingress") } }, null],
  ["a patch for another name", { files: { ...FILE, "p.yaml": TO_X.replace("db", "d") } }, null],
  ["a file that is not there", { files: FILE }, null],
  ["a target that is no regular expression", { files: { "kustomization.yaml": INLINE.replace("d.*", "d(") } }, null],
  [
    "two patches that say the same",
    { files: { "kustomization.yaml": "patches: [{path: p.yaml}, {path: q.yaml}]\n", "p.yaml": TO_X, "q.yaml": TO_X } },
    null,
  ],
  [
    "a map of which only one of two changes is a patch's",
    {
      files: { ...FILE, "p.yaml": TO_X },
      made: service("{selector: {app: x, tier: b}}"),
      written: service("{selector: {app: db, tier: a}}"),
      field: ["spec", "selector"],
    },
    null,
  ],
  [
    "an item of which a patch changed something",
    {
      files: { ...FILE, "p.yaml": service("{ports: [{port: 80, targetPort: 2}]}") },
      made: service("{ports: [{name: a, port: 80, targetPort: 2}]}"),
      written: service("{ports: [{name: a, port: 80, targetPort: 1}]}"),
      field: ["spec", "ports", 0],
    },
    null,
  ],
])("%s", (_, given, expected) => {
  expect(placed(given)).toBe(expected);
});

test("comments speak that stand in a kustomization, and in its patches wherever those are written", () => {
  const comment = "# kheadless-ignore: port-unnamed";
  writeFileSync(join(folder, "p.yaml"), `${comment} file\n${TO_X}`);
  const text = `patches:\n- path: p.yaml\n- target: {kind: Service}\n  patch: |\n    ${comment} inside\n    - op: remove\n      path: /a\n${comment} above\nlabels: []\n`;
  writeFileSync(join(folder, "kustomization.yaml"), text);
  const { comments } = patchesIn(join(folder, "kustomization.yaml"), folder);
  const told = comments.map(({ reason, location: { file, line }, lines: { first, last } }) => {
    return `${reason} ${file.slice(folder.length + 1)}:${line}, for ${first} to ${last}`;
  });
  expect(told).toEqual([
    "above kustomization.yaml:8, for 9 to 9",
    "file p.yaml:1, for 1 to 6",
    "inside kustomization.yaml:5, for 5 to 7",
  ]);
});
