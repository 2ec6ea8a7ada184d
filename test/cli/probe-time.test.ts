import { expect, it } from "vitest";
import { timeText } from "../../src/cli/probe-time.ts";

const pod = { namespace: "shop", name: "p" };

it("tells what Kubernetes took, beside what the asking took", () => {
  const timings = { created: 50, scheduled: 150, running: 1150, ended: 2150, read: 2200 };
  expect(timeText({ pod, timings }, 2500)).toBe(
    "Pod shop/p: 0.05 s to take it, 0.10 s to find a node, 1.00 s to start it, 1.00 s to ask, 0.05 s to read its log; 1.20 s of 2.50 s are Kubernetes' own",
  );
});

it("claims no share where the Pod was not seen running", () => {
  const timings = { created: 50, scheduled: null, running: null, ended: 1000, read: 1100 };
  expect(timeText({ pod, timings }, 1500)).toBe(
    "Pod shop/p: 0.05 s to take it, 0.95 s until it had ended, 0.10 s to read its log; 1.50 s in all",
  );
});
