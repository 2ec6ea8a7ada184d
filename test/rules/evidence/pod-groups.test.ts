import { expect, test } from "vitest";
import { runRules } from "../../../src/diagnosis/engine.ts";
import { RULES } from "../../../src/rules/index.ts";
import { podNotRunning } from "../../../src/rules/pod-not-running.ts";
import { podYaml, traceOf } from "../../trace/pods.ts";

const OWNED = "ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u, controller: true }]";
const crashing = (name: string, exitCode: number): string =>
  podYaml(
    name,
    `phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "False" }], containerStatuses: [{ name: app, ready: false, restartCount: 3, state: { waiting: { reason: CrashLoopBackOff } }, lastState: { terminated: { exitCode: ${exitCode}, reason: Error } } }]`,
    "",
    OWNED,
  );

function findingsOf(objects: string, rules = [podNotRunning]) {
  return runRules(rules, traceOf(objects)).flatMap((outcome) => {
    if (outcome.status === "crashed") throw outcome.error;
    return outcome.status === "ran" ? outcome.findings : [];
  });
}

test("a hundred Pods in the same trouble are told as one, in the order of their numbers", () => {
  const pods = Array.from({ length: 100 }, (_, number) => crashing(`web-${99 - number}`, 1));
  const [finding, another] = findingsOf(pods.join("---"));
  expect(another).toBeUndefined();
  expect(finding?.message).toContain("Pods web-0, web-1, web-2 and 97 more of StatefulSet web are not running");
  expect(finding?.evidence[0]).toBe("100 Pods; seen of web-0:");
});

test("Pods of one workload in two troubles are told as two", () => {
  const findings = findingsOf([crashing("web-0", 1), crashing("web-1", 2), crashing("web-2", 1)].join("---"));
  expect(findings.map(({ message }) => message.slice(0, message.indexOf(" of ")))).toEqual([
    "Pods web-0 and web-2",
    "Pod web-1",
  ]);
});

test("the order of the input does not matter to what is found", () => {
  const pods = [crashing("web-0", 1), crashing("web-1", 2), crashing("web-10", 1), crashing("web-9", 1)];
  const forwards = findingsOf(pods.join("---"), [...RULES]);
  const backwards = findingsOf(pods.toReversed().join("---"), [...RULES]);
  expect(forwards.length).toBeGreaterThan(1);
  expect(backwards).toEqual(forwards);
});

test("foreign text cannot leave its place in a remedy", () => {
  const evil = podYaml(
    "web-0",
    'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "False", reason: "x\\nrm -rf /" }], containerStatuses: [{ name: "app; rm -rf /", ready: false, started: true, restartCount: 0, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }]',
    `nodeName: "n1\\nrm -rf /", containers: [{ name: "app; rm -rf /", image: "x$(rm -rf /)", readinessProbe: { exec: { command: ["sh", "-c", "a'; rm -rf /"] } } }]`,
  );
  const [finding] = findingsOf(
    evil,
    [...RULES].filter(({ id }) => id === "pod-not-ready"),
  );
  const commands = (finding?.remedy ?? "").split("\n").filter((line) => !line.startsWith("# "));
  expect(commands.length).toBeGreaterThan(1);
  // Every quoted part taken away, nothing of the foreign text is left for the shell to read.
  for (const line of commands) {
    expect(line.startsWith("kubectl ")).toBe(true);
    expect(line.replaceAll("'\\''", "").replaceAll(/'[^']*'/g, "")).not.toMatch(/[;$`|&<>]|rm -rf/);
  }
});
