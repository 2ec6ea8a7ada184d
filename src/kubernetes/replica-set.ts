import type { Labels } from "../objects/meta.ts";

/** The label by which a Deployment's ReplicaSet and its Pods tell their template; it ends the ReplicaSet's name. */
const TEMPLATE_HASH = "pod-template-hash";

/**
 * The Deployment that a ReplicaSet is of, told from its name and the labels that it shares with its Pods: `web` for `web-7d9`
 * with the hash `7d9` (pkg/controller/deployment/sync.go getNewReplicaSet). null where the name does not end so: another
 * controller's.
 */
export function deploymentOf(replicaSet: string, labels: Labels): string | null {
  const hash = labels[TEMPLATE_HASH];
  return hash !== undefined && replicaSet.endsWith(`-${hash}`) ? replicaSet.slice(0, -hash.length - 1) : null;
}
