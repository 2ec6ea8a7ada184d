/** The live cluster as a source. Loaded by import() only: commands on files never need it. */
export { type ClusterRequest, readCluster } from "./cluster/collect.ts";
export {
  type ClusterConnection,
  type ClusterFlags,
  type ClusterSurroundings,
  connectCluster,
} from "./cluster/connection.ts";
export { ClusterError } from "./cluster/errors.ts";
