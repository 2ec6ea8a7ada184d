/**
 * What the commands do, as one piece: it is loaded when a command runs, and one file loads faster than a dozen that share
 * each other's parts. What reads a cluster stays apart.
 */
export { doctor } from "./commands/doctor.ts";
export { explain } from "./commands/explain.ts";
export { lint } from "./commands/lint.ts";
export { plan } from "./commands/plan.ts";
export { probe } from "./commands/probe.ts";
export { resolve } from "./commands/resolve.ts";
export { scan } from "./commands/scan.ts";
export { snapshot } from "./commands/snapshot.ts";
export { RULE_IDS } from "./config-file.ts";
export { knownNames } from "./known-names.ts";
