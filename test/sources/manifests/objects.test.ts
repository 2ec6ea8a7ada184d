import { describe, expect, test } from "vitest";
import { formatPath } from "../../../src/objects/origin.ts";
import { type ManifestObjects, noObjects, readManifestText } from "../../../src/sources/manifests/objects.ts";

function read(text: string, { found = false, damaged = false } = {}): ManifestObjects {
  const into = noObjects();
  readManifestText({ file: "a.yaml", text, found, damaged }, { defaultNamespace: "shop", live: false }, into);
  return into;
}

/** `line:column field: message` of everything invalid. */
function invalid(text: string, how?: { found?: boolean; damaged?: boolean }): readonly string[] {
  return read(text, how).invalid.map(
    ({ location, field, message }) => `${location.line}:${location.column} ${formatPath(field ?? [])}: ${message}`,
  );
}

const names = ({ objects }: ManifestObjects) => objects.map(({ object }) => `${object.kind}/${object.metadata.name}`);

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";

describe("objects know their place", () => {
  test("in a stream, past comments and empty documents", () => {
    const { objects } = read(`# first\n\n${SERVICE}---\n---\n# second\n${SERVICE}`);
    expect(objects.map(({ object }) => object.origin?.start)).toEqual([
      { file: "a.yaml", line: 3, column: 1 },
      { file: "a.yaml", line: 9, column: 1 },
    ]);
    expect(objects[1]?.object.origin?.locate(["metadata", "name"])).toEqual({ file: "a.yaml", line: 11, column: 18 });
  });

  test("in a List", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n`;
    const { objects } = read(text);
    expect(
      objects.map(({ object }) => [object.origin?.start.line, object.origin?.locate(["metadata", "name"]).line]),
    ).toEqual([
      [4, 7],
      [8, 10],
    ]);
  });

  test("in JSON objects written one after the other", () => {
    const one = (name: string) => `{"apiVersion": "v1", "kind": "Service",\n "metadata": {"name": "${name}"}}`;
    const { objects } = read(`${one("a")} ${one("b")}\n`);
    expect(objects.map(({ object }) => object.origin?.start)).toEqual([
      { file: "a.yaml", line: 1, column: 1 },
      { file: "a.yaml", line: 2, column: 29 },
    ]);
    expect(objects[1]?.object.origin?.locate(["metadata", "name"])).toEqual({ file: "a.yaml", line: 3, column: 23 });
  });
});

describe("lists", () => {
  test("of one kind fill in what their items leave out, as the API returns them", () => {
    const text =
      '{"apiVersion":"apps/v1","kind":"StatefulSetList","items":[{"metadata":{"name":"a"},"spec":{"template":{}}}]}';
    expect(names(read(text))).toEqual(["StatefulSet/a"]);
  });

  test("in lists are read", () => {
    const list = (items: string) => `{"apiVersion":"v1","kind":"List","items":[${items}]}`;
    const service = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}';
    expect(names(read(list(`${list(service)},${service}`)))).toEqual(["Service/a", "Service/a"]);
  });

  test("without end are left", () => {
    let text = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}';
    for (let depth = 0; depth < 500; depth += 1) text = `{"apiVersion":"v1","kind":"List","items":[${text}]}`;
    expect(names(read(text))).toEqual([]);
  });

  test("have invalid items at their own place, and the others are read", () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- 5\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n  spec: {ports: 80}\n- apiVersion: v1\n  kind: Service\n  metadata: {name: b}\n`;
    expect(names(read(text))).toEqual(["Service/b"]);
    expect(invalid(text)).toEqual([
      "4:3 : expected an object, found the number 5",
      "8:17 spec.ports: expected a list, found the number 80",
    ]);
  });
});

describe("a broken document", () => {
  test("is told by file, line and column, and the others are read", () => {
    const text = `${SERVICE}---\nkind: Pod\nspec: {a: [}\n---\n${SERVICE.replace("name: a", "name: b")}`;
    expect(invalid(text)).toEqual([expect.stringMatching(/^6:12 : this is not YAML: /)]);
    expect(names(read(text))).toEqual(["Service/a", "Service/b"]);
    expect(read(text).invalid[0]?.kind).toBe("Pod");
  });

  test("of JSON too", () => {
    expect(invalid('{"apiVersion": "v1",\n "kind": "Service" "metadata": {}}')).toEqual([
      expect.stringMatching(/^2:20 : this is not JSON or YAML: /),
    ]);
  });

  test("with control characters or NUL is refused where they stand", () => {
    expect(invalid(`${SERVICE}---\na: "x\u0001"\n`)).toEqual([expect.stringMatching(/^5:\d+ : this is not YAML/)]);
    expect(invalid(`${SERVICE.repeat(1)}---\n${"# filling\n".repeat(200)}a: x\0y\n`)).toEqual([
      expect.stringMatching(/^205:5 : this is not YAML: null byte/),
    ]);
  });

  test("of bytes that are not UTF-8 is refused where they stand, and the others are read", () => {
    const text = `${SERVICE}---\na: x\ufffdy\n---\n${SERVICE.replace("name: a", "name: b")}`;
    expect(invalid(text, { damaged: true })).toEqual(["5:5 : this is not UTF-8"]);
    expect(names(read(text, { damaged: true }))).toEqual(["Service/a", "Service/b"]);
    // In a file that is UTF-8 throughout, the character is just a character.
    expect(invalid(`${SERVICE}# \ufffd\n`)).toEqual([]);
  });

  test("that is a binary file ends there", () => {
    expect(invalid("\x7fELF\x02\x01\x01\0\0\0\0\0\n---\na: [\n")).toEqual(["1:1 : this is a binary file"]);
  });

  test("that is too large is refused with its place, not parsed", () => {
    const start = performance.now();
    expect(invalid(`${SERVICE}---\na: [${"1,".repeat(3_000_000)}]\n`)).toEqual([
      expect.stringMatching(/^4:1 : the document is too large \(\d+ characters\); JSON may be three times as large$/),
    ]);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("templates that are not rendered", () => {
  test.each([
    ["an action on a line of its own", "{{- if .Values.enabled }}\napiVersion: v1\nkind: Service\n{{- end }}\n"],
    ["a value", "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-db\n"],
    ["a block", 'apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    {{- include "labels" . | nindent 4 }}\n'],
    ["a whole map", "apiVersion: v1\nkind: Service\nspec: {{ toYaml .Values.spec }}\n"],
  ])("by %s are told once, with what to do", (_, text) => {
    expect(invalid(`${text}---\n${text}`)).toEqual([
      expect.stringContaining("it looks like a template: read what helm or kustomize makes of it"),
    ]);
  });

  test("by a quoted name are told at the name", () => {
    expect(invalid('apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\n')).toEqual([
      "3:18 metadata.name: expected a name, found a template that is not rendered yet",
    ]);
  });

  test("are not meant where braces stand elsewhere in a document that breaks", () => {
    const text = `kind: ConfigMap\ndata: {rule: "{{ $labels.pod }}"}\nx: [\n---\n${SERVICE}`;
    expect(invalid(text)).toEqual([expect.not.stringContaining("template")]);
    expect(names(read(text))).toEqual(["Service/a"]);
  });
});

describe("what is no Kubernetes object", () => {
  test.each([
    ["a: 1\nb: 2\n", "1:1 apiVersion: expected the object's apiVersion, found nothing"],
    ["- a\n- b\n", "1:1 : expected an object, found a list"],
    ["just text\n", '1:1 : expected an object, found the text "just text"'],
    ["5\n", "1:1 : expected an object, found the number 5"],
  ])("%j is a fault in a file that was named", (text, first) => {
    expect(invalid(text)[0]).toBe(first);
  });

  test.each([
    "replicaCount: 3\nimage: {tag: x}\n",
    "- hosts: all\n  tasks: []\n",
    "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    '{"name": "package", "version": "1.0.0"}',
    "null\n",
    "# only a comment\n",
  ])("%j is passed over in a file that was found in a folder", (text) => {
    expect(invalid(text, { found: true })).toEqual([]);
  });

  test.each([
    ["apiVersion: v1\nmetadata: {name: a}\n", "1:1 kind: expected the object's kind, found nothing"],
    ["kind: Service\nmetadata: {name: a}\n", "1:1 apiVersion: expected the object's apiVersion, found nothing"],
    ["apiVersion: v1\nkind: Service\n", "1:1 metadata: expected a map with the object's name, found nothing"],
    [
      "apiVersion: v1\nkind: Service\nmetadata: null\n",
      "3:11 metadata: expected a map with the object's name, found nothing",
    ],
    ["just text\n", '1:1 : expected an object, found the text "just text"'],
  ])("%j is a fault there, too: it was meant as one", (text, fault) => {
    expect(invalid(text, { found: true })).toEqual([fault]);
  });

  test("an empty document is nobody's fault", () => {
    expect(invalid(`null\n---\n~\n---\n${SERVICE}---\n`)).toEqual([]);
  });
});

test("a file of faults is left after a thousand", () => {
  const { invalid: entries, objects } = read(`${"a\n---\n".repeat(5_000)}${SERVICE}`);
  expect(entries).toHaveLength(1001);
  expect(entries.at(-1)).toMatchObject({
    message: "over 1000 faults: the rest of the file was not read",
    kind: null,
    location: { line: 1998 },
  });
  expect(objects).toEqual([]);
});
