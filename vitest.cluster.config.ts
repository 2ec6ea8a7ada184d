import { defineConfig } from "vitest/config";

/** Tests that need a real cluster, one file after the other: they share it, and some change its DNS. */
export default defineConfig({
  test: {
    include: ["test/cluster/**/*.test.ts"],
    globalSetup: ["test/cluster/scratch.ts"],
    fileParallelism: false,
    // Within a file: these tests mostly wait for controllers and the kubelet.
    maxConcurrency: 14,
    testTimeout: 300_000,
    hookTimeout: 1_800_000,
    // A cluster only ever comes to a state in the end, and under load some test asks before. What passes only when it
    // runs again is told (.ci/sum.mjs); a defect fails twice.
    retry: 1,
  },
});
