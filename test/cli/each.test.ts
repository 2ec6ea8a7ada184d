import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./run.ts";

const service = (selector: string): string => `apiVersion: v1
kind: Service
metadata:
  name: mysql
spec:
  clusterIP: None
  selector:
    app: ${selector}
`;
const pod = `apiVersion: v1
kind: Pod
metadata:
  name: mysql
  labels:
    app: mysql
spec:
  containers: []
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-each-"));
  for (const [path, text] of [
    ["dev/service.yaml", service("mysql")],
    ["dev/pod.yaml", pod],
    ["prod/service.yaml", service("mysq1")],
    ["prod/pod.yaml", pod],
    ["lone/service.yaml", service("mysql")],
  ] as const) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Report {
  readonly source: { readonly description: string };
  readonly services: readonly { readonly name: string; readonly verdict: string; readonly input?: string }[];
  readonly findings: readonly {
    readonly rule: string;
    readonly input?: string;
    readonly location?: { readonly file: string };
  }[];
  readonly summary: { readonly services: number };
}

function report(args: readonly string[]): Report & { readonly stderr: string } {
  const { stdout, stderr } = run(["lint", ...args, "-o", "json"], { cwd: folder });
  return { ...(JSON.parse(stdout) as Report), stderr };
}

describe("--each", () => {
  test("environments do not mix: none replaces or completes another, and everything says which it is of", () => {
    const { services, findings, summary, source, stderr } = report(["--each", "dev", "prod", "lone"]);
    expect(stderr).toBe("");
    expect(services.map(({ verdict, input }) => [verdict, input])).toEqual([
      ["healthy", "dev"],
      ["broken", "prod"],
      // The Pods of the others are none of its own.
      ["unknown", "lone"],
    ]);
    expect(findings.map(({ rule, input, location }) => [rule, input, location?.file])).toEqual([
      ["selector-matches-no-pods", "prod", "prod/service.yaml"],
    ]);
    expect(summary.services).toBe(3);
    expect(source.description).toBe("dev (2 files) and, apart, prod (2 files) and, apart, lone");
  });

  test("each that a pattern matches is one, but for what lies in another one", () => {
    const worlds = (...args: readonly string[]) => report(["--each", ...args]).services.map(({ input }) => input);
    expect(worlds("*")).toEqual(["dev", "lone", "prod"]);
    expect(worlds("[dp]*/**")).toEqual(["dev", "prod"]);
    expect(worlds("*", "--exclude", "prod/")).toEqual(["dev", "lone"]);
    expect(worlds("*/service.yaml")).toEqual(["dev/service.yaml", "lone/service.yaml", "prod/service.yaml"]);
  });

  test("without it they are one world, in which the last counts", () => {
    const { services, findings, stderr } = report(["dev", "prod"]);
    expect(stderr).toContain("Service default/mysql stands in dev/service.yaml:1 and in prod/service.yaml:1");
    expect(stderr).toContain("where these are environments, lint --each judges each folder for itself\n");
    expect(services).toMatchObject([{ name: "mysql", verdict: "broken" }]);
    expect([...services, ...findings].some((one) => "input" in one)).toBe(false);
  });

  test("an ignore that is of use in one world is of use", () => {
    const unused = (args: readonly string[]): readonly string[] =>
      report(args).findings.flatMap(({ rule, input }) => (rule === "unused-suppression" ? [input ?? "the run"] : []));
    expect(unused(["--each", "dev", "prod", "--ignore", "selector-matches-no-pods"])).toEqual([]);
    expect(unused(["--each", "dev", "prod", "--ignore", "port-unnamed"])).toEqual(["the run"]);
    expect(unused(["dev", "--ignore", "port-unnamed"])).toEqual(["the run"]);
  });
});
