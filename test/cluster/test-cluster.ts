// The cluster for test files; null, with the reason printed, where there can be none. In CI that fails instead.
import { clusterForTests, type TestCluster } from "./cluster.ts";

const found = await clusterForTests();
if ("skip" in found) process.stderr.write(`the tests on a real cluster are skipped: ${found.skip}\n`);
export const cluster: TestCluster | null = "skip" in found ? null : found;
