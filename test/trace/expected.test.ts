import { expect, test } from "vitest";
import { podYaml, traceOf } from "./pods.ts";

const READY = 'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }]';

test("the trace holds what the controller should make of the Service and its Pods", () => {
  const { expected } = traceOf(podYaml("p", READY)).parts;
  expect(expected).toMatchObject({
    status: "complete",
    value: { made: true, slices: [{ addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }] }] },
  });
});

test("Nodes count only where all of them were read", () => {
  const node = "---\napiVersion: v1\nkind: Node\nmetadata: { name: other }\n";
  const withheld = (part: unknown): unknown =>
    (part as { value: { pods: { withheld: unknown }[] } }).value.pods[0]?.withheld;
  expect(withheld(traceOf(podYaml("p", READY) + node).parts.expected)).toEqual({ why: "node-missing", node: "n1" });
  const cut = { partial: { nodes: "the list was cut off" } };
  expect(withheld(traceOf(podYaml("p", READY) + node, cut).parts.expected)).toBeNull();
});

test("without a Service there is nothing to expect, and Pods that were not read are not guessed", () => {
  const trace = traceOf(podYaml("p", READY), { unavailable: { pods: "no permission to list pods" } });
  expect(trace.parts.expected).toMatchObject({ status: "unavailable", because: "no permission to list pods" });
  expect(trace.parts.podStates).toMatchObject({ status: "unavailable" });
});
