// npm run cluster:up. Ends with 69 where this machine cannot run a cluster.
import { env } from "node:process";
import { openApi } from "./api.ts";
import { restoreClusterDns } from "./cluster-dns.ts";
import { up } from "./one-machine.ts";
import { CannotRunHere, ClusterError, say } from "./run.ts";
import { adminKubeconfig } from "./settings.ts";

async function main(): Promise<number> {
  if (env.KHEADLESS_TEST_KUBECONFIG) {
    say(`KHEADLESS_TEST_KUBECONFIG is set: the tests use that cluster, nothing is started`);
    console.log(`export KUBECONFIG=${env.KHEADLESS_TEST_KUBECONFIG}`);
    return 0;
  }
  try {
    await up();
    const api = await openApi(adminKubeconfig);
    await restoreClusterDns(api);
    api.close();
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    say(error.message);
    return error instanceof CannotRunHere ? 69 : 1;
  }
  console.log(`export KUBECONFIG=${adminKubeconfig}`);
  return 0;
}

process.exitCode = await main();
