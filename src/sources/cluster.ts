/** The live cluster as a source. Loaded by import() only: commands on files never need it. */
export { readAllowed } from "./cluster/allowed.ts";
export { readCluster } from "./cluster/collect.ts";
export { connectCluster } from "./cluster/connection.ts";
export { observe } from "./cluster/observe.ts";
