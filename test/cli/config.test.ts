import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ignoresOf, readConfig } from "../../src/cli/config.ts";
import { parseConfig } from "../../src/cli/config-file.ts";

const parse = async (text: string) => parseConfig(text, ".kheadless.yaml");

test("everything that can be set", async () => {
  const config = await parse(`
rules:
  service-not-found: off
  answer-negative: warning
ignore:
  - rule: invalid-object
    object: Service/shop/mysql
    reason: moves next week
  - rule: service-not-found
clusterDomain: corp.example
failOn: never
`);
  expect(config).toEqual({
    severities: new Map([
      ["service-not-found", "off"],
      ["answer-negative", "warning"],
    ]),
    ignores: [
      {
        rule: "invalid-object",
        object: "Service/shop/mysql",
        reason: "moves next week",
        from: ".kheadless.yaml",
        location: { file: ".kheadless.yaml", line: 6, column: 5 },
      },
      {
        rule: "service-not-found",
        object: null,
        reason: null,
        from: ".kheadless.yaml",
        location: { file: ".kheadless.yaml", line: 9, column: 5 },
      },
    ],
    clusterDomain: "corp.example",
    failOn: "never",
  });
});

test.each(["", "# nothing yet\n", "{}", "rules:\nignore:\n"])("%j sets nothing", async (text) => {
  expect(await parse(text)).toEqual({ severities: new Map(), ignores: [], clusterDomain: null, failOn: null });
});

test.each([
  ["rule:\n  x: off", ".kheadless.yaml:1:1: unknown key rule; did you mean rules?"],
  [
    "rules:\n  service-not-fuond: off",
    ".kheadless.yaml:2:3: unknown rule service-not-fuond; did you mean service-not-found?",
  ],
  [
    "rules:\n  service-not-found: fatal",
    ".kheadless.yaml:2:22: service-not-found must be one of off, error, warning, info",
  ],
  ["rules: [a]", ".kheadless.yaml:1:8: rules must be a map"],
  ["ignore: service-not-found", ".kheadless.yaml:1:9: ignore must be a list of {rule, object, reason}"],
  ["ignore:\n  - object: Service/a", ".kheadless.yaml:2:5: an entry of ignore needs a rule"],
  [
    "ignore:\n  - rule: service-not-found\n    objekt: a/b",
    ".kheadless.yaml:3:5: unknown key objekt; did you mean object?",
  ],
  ["ignore:\n  - rule: service-not-found\n    object: mysql", "object must be KIND/NAME or KIND/NAMESPACE/NAME"],
  ["ignore:\n  - rule: service-not-found\n    reason: 3", ".kheadless.yaml:3:13: reason must be a text"],
  ["rules:\n  off: 5", ".kheadless.yaml:2:3: unknown rule off"],
  ["failOn: errors", "failOn must be one of error, warning, info, never"],
  ["clusterDomain: 3", "clusterDomain must be a text"],
  ["- a", ".kheadless.yaml must be a map"],
  ["rules: *nowhere", "Unresolved alias"],
  ["rules: {", ".kheadless.yaml:1:9: "],
])("%j is refused: %s", async (text, message) => {
  await expect(parse(text)).rejects.toThrow(message);
});

test("what the YAML reader says of a place is not said twice", async () => {
  await expect(parse("a: [\n")).rejects.toThrow(/^\.kheadless\.yaml:2:1: [^:]+[^:\n]$/);
});

test("the nearest file upwards counts, and is named from where one stands", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kheadless-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  writeFileSync(join(folder, ".kheadless.yaml"), "failOn: info");
  expect((await readConfig(join(folder, "a", "b"))).failOn).toBe("info");
  writeFileSync(join(folder, "a", ".kheadless.yaml"), "failOn: warnings");
  await expect(readConfig(join(folder, "a", "b"))).rejects.toThrow("../.kheadless.yaml:1:9: failOn must be one of");
  // A near miss of the name must not read as no configuration.
  writeFileSync(join(folder, "a", "b", ".kheadless.yml"), "failOn: info");
  await expect(readConfig(join(folder, "a", "b"))).rejects.toThrow(
    ".kheadless.yml is not read: its name must be .kheadless.yaml",
  );
});

test("--ignore knows the rules", () => {
  expect(ignoresOf(["service-not-found"])).toMatchObject([
    { rule: "service-not-found", object: null, from: "--ignore" },
  ]);
  expect(() => ignoresOf(["service-notfound"])).toThrow(
    "--ignore: unknown rule service-notfound; did you mean service-not-found?",
  );
});
