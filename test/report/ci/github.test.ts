import fc from "fast-check";
import { expect, test } from "vitest";
import { githubText } from "../../../src/report/ci/github.ts";
import { FINDING, finding, report } from "../documents.ts";
import { hostileReport, RUN } from "./hostile.ts";

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * Reads a log as the runner does (actions/runner, ActionCommand.TryParseV2): a command is a line that begins with `::`,
 * its properties end at the next `::`, and are parted at `,` and `=` before anything is unescaped.
 */
function commandsIn(log: string): readonly Command[] {
  const unescaped = (text: string): string =>
    text
      .replaceAll("%2C", ",")
      .replaceAll("%3A", ":")
      .replaceAll("%0A", "\n")
      .replaceAll("%0D", "\r")
      .replaceAll("%25", "%");
  return log.split(/\r\n|\r|\n/).flatMap((line): readonly Command[] => {
    const trimmed = line.trimStart();
    const end = trimmed.indexOf("::", 2);
    if (!trimmed.startsWith("::") || end < 0) return [];
    const [name = "", ...rest] = trimmed.slice(2, end).split(" ");
    const pairs = rest
      .join(" ")
      .split(",")
      .map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at), unescaped(pair.slice(at + 1))] as const;
      });
    return [{ name, properties: Object.fromEntries(pairs), message: unescaped(trimmed.slice(end + 2)) }];
  });
}

test("an annotation for each finding, at its place", () => {
  const findings = [FINDING, finding({ severity: "warning" }), finding({ severity: "info" })];
  const commands = commandsIn(githubText(report({ findings }), RUN));
  expect(commands.map(({ name }) => name)).toEqual(["error", "warning", "notice"]);
  expect(commands[0]).toEqual({
    name: "error",
    properties: { file: "manifests/mysql.yaml", line: "7", col: "10", title: "kheadless: selector-matches-no-pods" },
    message: `${FINDING.message}\n\n${FINDING.remedy}`,
  });
});

test("what stands in no file of the repository names its object", () => {
  const { location: _none, ...nowhere } = FINDING;
  const outside = finding({ location: { file: "/etc/x.yaml", line: 3, column: 1 }, remedy: "" });
  const [first, second] = commandsIn(githubText(report({ findings: [nowhere, outside] }), RUN));
  expect(first?.properties).toEqual({ title: "kheadless: selector-matches-no-pods" });
  expect(second?.message).toBe(`Service shop/mysql: ${FINDING.message}`);
});

test("what could not be read names its place, and what could not be checked is told", () => {
  const unread = finding({ location: { file: "/etc/x.yaml", line: 1, column: 1 }, object: null, remedy: "" });
  const unchecked = [
    { rule: "pod-not-ready", link: "readiness", reason: "no permission", byNature: false, services: [] },
    { rule: "dns-cached", link: "answer", reason: "only a cluster", byNature: true, services: [] },
  ] as const;
  const notRead = [{ resource: "pods", namespace: null, reason: "no permission" }] as const;
  expect(commandsIn(githubText(report({ findings: [unread], unchecked, notRead }), RUN))).toMatchObject([
    { name: "notice", message: "Not checked: readiness, pods (no permission)" },
    { name: "error", message: `/etc/x.yaml:1: ${FINDING.message}` },
  ]);
});

test("where GitHub shows only a part, that is told first", () => {
  const ten = Array.from({ length: 10 }, () => FINDING);
  expect(commandsIn(githubText(report({ findings: ten }), RUN))).toHaveLength(10);
  const [first, ...rest] = commandsIn(githubText(report({ findings: [...ten, FINDING] }), RUN));
  expect(first).toMatchObject({
    name: "notice",
    message: expect.stringContaining("11 errors: GitHub shows 10 of each"),
  });
  expect(rest).toHaveLength(11);
});

test("no text ends a command, adds a property or begins another", () => {
  fc.assert(
    fc.property(hostileReport, (given) => {
      const log = githubText(given, RUN);
      const commands = commandsIn(log);
      const own = commands.filter(({ properties }) => properties.title !== "kheadless");
      expect(own).toHaveLength(given.findings.length);
      expect(log.split("\n").slice(0, -1)).toHaveLength(commands.length);
      for (const { name, properties } of own) {
        expect(["error", "warning", "notice"]).toContain(name);
        expect(["title", "file,line,col,title"]).toContain(Object.keys(properties).join(","));
        expect(properties.title).toBe("kheadless: selector-matches-no-pods");
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 60 },
  );
});
