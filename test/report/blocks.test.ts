import { expect, test } from "vitest";
import { remedyLines } from "../../src/report/blocks.ts";
import { plain } from "./documents.ts";

test("of a remedy only prose is wrapped: commands, offered ones, and manifests in comments stay as they are", () => {
  const long = "x".repeat(70);
  const remedy = [
    "# the Pod spec of a Job cannot be changed: make it again, with this field in its template",
    "# spec:",
    "#   subdomain: train",
    `kubectl -n shop get job ${long}`,
    `# kubectl -n shop delete job ${long}`,
  ].join("\n");
  expect(remedyLines(remedy, 6, plain())).toEqual([
    "# the Pod spec of a Job cannot be changed: make it again, with this field",
    "# in its template",
    "# spec:",
    "#   subdomain: train",
    `kubectl -n shop get job ${long}`,
    `# kubectl -n shop delete job ${long}`,
  ]);
});
