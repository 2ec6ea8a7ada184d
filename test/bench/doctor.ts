/**
 * What `doctor` of one Service costs beside `kubectl get pods` in the same namespace, which holds a StatefulSet of 3 Pods and
 * its headless Service. Run by `npm run bench:doctor`, on the cluster that the tests use.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { binary } from "../../scripts/bundle.mjs";
import { clusterForTests, reference, withNamespace } from "../cluster/cluster.ts";
import { headless, statefulSet } from "../cluster/live/objects.ts";
import { run } from "../cluster/run.ts";
import { type Contestant, timeTable } from "./measure.ts";

const BIN = fileURLToPath(new URL("../../bin/kheadless.js", import.meta.url));

const cluster = await clusterForTests();
if ("skip" in cluster) throw new Error(`there is no cluster to measure on: ${cluster.skip}`);
const { api, kubeconfig } = cluster;
await withNamespace(api, async (namespace) => {
  for (const object of [headless("db"), statefulSet({ replicas: 3, spec: { podManagementPolicy: "Parallel" } })]) {
    await api.create({ ...object, metadata: { namespace, ...object.metadata } });
  }
  const ready = (replicas: number | undefined) => replicas === 3;
  await api.wait(reference("apps/v1", "StatefulSet", "db", namespace), (set) => ready(set?.status?.readyReplicas));

  const scope = ["-n", namespace, "--kubeconfig", kubeconfig];
  const doctor = ["doctor", "db", ...scope];
  const contestants: readonly Contestant[] = [
    { name: "kubectl get pods", command: "kubectl", args: ["get", "pods", ...scope] },
    { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
    { name: "bin/kheadless.js doctor", command: process.execPath, args: [BIN, ...doctor] },
    ...(existsSync(binary) ? [{ name: "dist/kheadless doctor", command: binary, args: doctor }] : []),
  ];
  console.log(timeTable(contestants));
  const [client = ""] = (await run("kubectl", ["version", "--client"])).split("\n");
  console.log(`\nNode ${process.version}, kubectl: ${client}`);
  if (!existsSync(binary)) console.log("dist/kheadless is not built (npm run build:binary), so it is not measured.");
});
api.close();
