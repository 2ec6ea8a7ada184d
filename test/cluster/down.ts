// npm run cluster:down
import { down } from "./one-machine.ts";
import { ClusterError, say } from "./run.ts";

try {
  say((await down()) ? "removed" : "there was none");
} catch (error) {
  if (!(error instanceof ClusterError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
