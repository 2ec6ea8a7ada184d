import { describe, expect, test } from "vitest";
import { run } from "./run.ts";

const FILE = "examples/mysql-healthy.yaml";

describe("doctor --probe", () => {
  test.each([
    [["mysql", "--probe", "-f", FILE], "it does not go with manifests or --snapshot"],
    [["mysql", "--probe", "--snapshot", "examples/pods-not-ready.snapshot.json"], "it does not go with manifests"],
    [["mysql", "--probe", "--live", "-f", FILE], "it does not go with manifests"],
    [["mysql", "--probe", "--observe"], "--probe asks every replica, too: leave --observe away"],
    [["mysql", "--probe", "--count", "none"], "--count none: write a number from 1 to 1000"],
    [["mysql", "--probe", "--exec"], "--exec runs in a Pod: name it with --in pod/NAME"],
    [["mysql", "--probe", "--node", "a", "--every-node"], "--node and --every-node exclude each other"],
  ])("%j is told to be wrong before a cluster is looked for", (args, message) => {
    const ended = run(["doctor", ...args]);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).toBe("");
    expect(ended.status).toBe(2);
  });

  test.each([
    [["--node", "worker-1"], "--node is for asking from inside: give --probe, too"],
    [["--count", "3"], "--count is for asking from inside: give --probe, too"],
    [["--in", "web-0", "--exec"], "--in is for asking from inside: give --probe, too"],
  ])("%j without it is not passed over", (args, message) => {
    const ended = run(["doctor", "mysql", "-f", FILE, ...args]);
    expect(ended.stderr).toContain(message);
    expect(ended.status).toBe(2);
  });

  test("without it nothing is said of probes", () => {
    expect(run(["doctor", "mysql", "-f", FILE]).stdout).not.toMatch(/probe|connect/);
  });
});
