import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type YamlValue, yamlLines } from "../../../src/rules/remedies/yaml-lines.ts";

test("block style, as manifests are written", () => {
  const text = yamlLines({
    spec: {
      clusterIP: "None",
      selector: { "app.kubernetes.io/name": "web", version: "1.0", on: "yes" },
      ports: [{ name: "http", port: 80 }, { port: 443 }],
      externalIPs: [],
      left: undefined,
    },
  });
  expect(text).toBe(
    [
      "spec:",
      "  clusterIP: None",
      "  selector:",
      "    app.kubernetes.io/name: web",
      '    version: "1.0"',
      '    "on": "yes"',
      "  ports:",
      "    - name: http",
      "      port: 80",
      "    - port: 443",
      "  externalIPs: []",
    ].join("\n"),
  );
});

test("whatever the texts, YAML reads them back, as kubectl does", () => {
  const { tree } = fc.letrec<{ tree: YamlValue }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
      fc.constantFrom(
        "yes",
        "Null",
        "~",
        "0644",
        "1e3",
        "0x1",
        "12:30",
        "=",
        "<<",
        ".nan",
        "- a",
        "a: b",
        "#x",
        "!!str",
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), tree, { minKeys: 1, maxKeys: 3, noNullPrototype: true }), (value) => {
      expect(parse(yamlLines(value), { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
