/** Asking from inside a cluster. Loaded by import() only: no other command needs it. */
export { askFrom, likeClient, podToCreate } from "./ask.ts";
export { cleanUp } from "./clean.ts";
export { errandCommand } from "./errand.ts";
export { isWholeLog, readErrandLog } from "./errand-log.ts";
export { DEFAULT_IMAGE, randomSuffix } from "./pod.ts";
export { readResolvConf } from "./resolv-conf.ts";
