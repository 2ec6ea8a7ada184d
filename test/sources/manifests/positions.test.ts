import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAlias, isNode, LineCounter, parseDocument, stringify } from "yaml";
import type { FieldPath } from "../../../src/objects/origin.ts";
import { positionsIn } from "../../../src/sources/manifests/positions.ts";
import { arbitraryObject } from "../../objects/arbitrary.ts";

/** `line:column` of a field in a document that begins on the first line. */
function place(text: string, path: FieldPath): string {
  const { line, column } = positionsIn({ text, line: 1, column: 1 }).ofField(path);
  return `${line}:${column}`;
}

describe("a field's place is its value's", () => {
  const text = `# a comment
apiVersion: v1
kind: Service
metadata:
  name: "mysql"
  labels: {app: mysql, "tier": db}
spec:
  clusterIP:
  selector:
    app: mysql # the app
  ports:
  - name: a
    port: 80
  -
    name: 'b'
  note: |
    text
  empty: ~
`;
  test.each<[FieldPath, string]>([
    [[], "2:1"],
    [["kind"], "3:7"],
    [["metadata", "name"], "5:9"],
    [["metadata", "labels"], "6:11"],
    [["metadata", "labels", "app"], "6:17"],
    [["metadata", "labels", "tier"], "6:32"],
    [["spec", "selector"], "10:5"],
    [["spec", "selector", "app"], "10:10"],
    [["spec", "ports"], "12:3"],
    [["spec", "ports", 0], "12:5"],
    [["spec", "ports", 0, "port"], "13:11"],
    [["spec", "ports", 1, "name"], "15:11"],
    [["spec", "note"], "16:9"],
    [["spec", "empty"], "18:10"],
  ])("%j stands at %s", (path, expected) => {
    expect(place(text, path)).toBe(expected);
  });

  test.each<[string, FieldPath, string]>([
    ["the key, where no value is written", ["spec", "clusterIP"], "8:3"],
    ["the nearest parent, where the field is not there", ["spec", "selector", "tier"], "10:5"],
    ["the nearest parent, where the list is shorter", ["spec", "ports", 7, "port"], "12:3"],
    ["the nearest parent, where a map was expected", ["kind", "name"], "3:7"],
    ["the nearest parent, where a list was expected", ["spec", 0], "8:3"],
  ])("or %s", (_, path, expected) => {
    expect(place(text, path)).toBe(expected);
  });
});

describe("a field's place", () => {
  test("follows aliases and merges to where the field is written", () => {
    const text =
      "base: &base\n  app: x\n  tier: y\na: *base\nb:\n  <<: *base\n  tier: z\nc:\n  <<: [{app: p}, *base]\n";
    expect(place(text, ["a"])).toBe("4:4");
    expect(place(text, ["a", "app"])).toBe("2:8");
    expect(place(text, ["b", "app"])).toBe("2:8");
    expect(place(text, ["b", "tier"])).toBe("7:9");
    expect(place(text, ["c", "app"])).toBe("9:14");
    expect(place(text, ["c", "tier"])).toBe("3:9");
    expect(place(text, ["c", "other"])).toBe("9:3");
  });

  test("of an anchor that was set twice is that of the last one before the alias", () => {
    expect(place("a: &x {k: 1}\nb: &x {k: 2}\nc: *x\nd: &x {k: 3}\n", ["c", "k"])).toBe("2:11");
  });

  test("is that of the last of equal keys, as that one counts", () => {
    expect(place("a: 1\nb: 2\na: 3\n", ["a"])).toBe("3:4");
  });

  test("is found by keys that YAML reads as other than text", () => {
    expect(place("data:\n  80: x\n  yes: y\n", ["data", "80"])).toBe("2:7");
    expect(place("data:\n  80: x\n  yes: y\n", ["data", "true"])).toBe("3:8");
  });

  test("is that of the file where lines were moved to be read", () => {
    const text = "spec:\n  args: [\na,\n  b\n  ]\n  c: d\n";
    expect(place(text, ["spec", "args", 0])).toBe("3:1");
    expect(place(text, ["spec", "args", 1])).toBe("4:3");
    expect(place(text, ["spec", "c"])).toBe("6:6");
  });

  test("counts columns in UTF-16 code units and takes CRLF for one line break", () => {
    expect(place('a: "😀"\r\nb: {c: "é", d: x}\r\n', ["b", "d"])).toBe("2:16");
  });

  test("in JSON is found alike", () => {
    expect(place('{\n\t"kind": "Service",\n\t"spec": {"ports": [{"port": 80}]}\n}', ["spec", "ports", 0, "port"])).toBe(
      "3:30",
    );
  });

  test("in JSON too deep to follow is the document's", () => {
    expect(place(`{"a": ${"[".repeat(20_000)}${"]".repeat(20_000)}}`, ["a", 0])).toBe("1:1");
  });

  test("counts from where the document begins in its file", () => {
    const positions = positionsIn({ text: "--- {a: b,\nc: d}", line: 10, column: 3 });
    expect(positions.ofField(["a"])).toEqual({ line: 10, column: 11 });
    expect(positions.ofField(["c"])).toEqual({ line: 11, column: 4 });
  });

  test("is found in bounded time where merges refer to one another", () => {
    const lines = Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} {<<: [*a${n}, *a${n}]}`);
    const start = performance.now();
    place(`a0: &a0 {}\n${lines.join("\n")}\n`, ["a40", "missing"]);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

test("another library finds every field at the same place", () => {
  const layout = fc.record({
    indent: fc.constantFrom(2, 4),
    collectionStyle: fc.constantFrom("any" as const, "flow" as const),
    defaultStringType: fc.constantFrom("PLAIN" as const, "QUOTE_DOUBLE" as const),
    lineWidth: fc.constantFrom(30, 0),
    indentSeq: fc.boolean(),
  });
  fc.assert(
    fc.property(arbitraryObject, layout, (value, options) => {
      const text = stringify(value, { version: "1.1", ...options });
      const lineCounter = new LineCounter();
      const document = parseDocument(text, { version: "1.1", lineCounter });
      const positions = positionsIn({ text, line: 1, column: 1 });
      for (const path of pathsIn(value)) {
        const node = document.getIn(path, true);
        if (!isNode(node) || isAlias(node) || node.range == null || isUnwritten(node)) continue;
        const { line, col } = lineCounter.linePos(node.range[0]);
        expect({ path, ...positions.ofField(path) }).toEqual({ path, line, column: col });
      }
    }),
  );
});

/** A null that nothing stands for: there the two go different ways. */
function isUnwritten(node: { range?: [number, number, number] | null | undefined }): boolean {
  return node.range?.[0] === node.range?.[1];
}

function pathsIn(value: unknown, path: FieldPath = []): FieldPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [path, ...steps.flatMap(([step, part]) => pathsIn(part, [...path, step]))];
}
