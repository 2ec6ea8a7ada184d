import { meantInstead } from "../objects/near-names.ts";
import { readObject } from "../objects/read/read-object.ts";
import { pathOf } from "../sources/cluster/resources.ts";
import { ProbeError } from "./error.ts";
import { isJson } from "./merge-patch.ts";
import type { ProbeAccess } from "./vantage.ts";

/** A node that a Pod can run on, or why not. */
export interface ProbeNode {
  readonly name: string;
  /** null where it can. */
  readonly unfit: string | null;
}

/** The nodes of the cluster, by name. Throws a ProbeError where they may not be listed. */
export async function listNodes({ api }: ProbeAccess, signal: AbortSignal): Promise<readonly ProbeNode[]> {
  const answer = await api.get(pathOf("v1", null, "nodes"), {}, signal);
  const items = answer.status === 200 && isJson(answer.body) ? (answer.body.items ?? []) : null;
  if (!Array.isArray(items)) {
    throw new ProbeError(
      answer.status === 403
        ? `no permission to list nodes: ${answer.message}`
        : `the nodes cannot be listed: ${answer.message || `status ${answer.status}`}`,
      "docs/rbac.yaml has the ClusterRole; --node NODE needs no such right",
    );
  }
  return items.flatMap(nodeOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Holds a node that the user named to what is there; who may not read nodes is taken at their word. Throws a ProbeError
 * where no Pod can run on it.
 */
export async function checkNode(access: ProbeAccess, name: string, signal: AbortSignal): Promise<void> {
  const answer = await access.api.get(pathOf("v1", null, "nodes", name), {}, signal);
  if (answer.status === 404) {
    const all = await listNodes(access, signal).catch(() => []);
    const known = all.map((node) => node.name);
    const meant = meantInstead(name, known, "kubectl get nodes lists them");
    throw new ProbeError(`there is no node ${name}`, meant, "usage");
  }
  const [node] = answer.status === 200 ? nodeOf(answer.body) : [];
  if (node !== undefined && node.unfit !== null) {
    throw new ProbeError(
      `no Pod of the probe can run on node ${name}: ${node.unfit}`,
      "kubectl get nodes shows others",
    );
  }
}

function nodeOf(item: unknown): readonly ProbeNode[] {
  if (!isJson(item)) return [];
  const context = { origin: null, defaultNamespace: "", live: true };
  const read = readObject({ ...item, apiVersion: "v1", kind: "Node" }, context);
  if (read.status !== "read" || read.resource !== "nodes") return [];
  const { metadata, conditions } = read.object;
  const system = metadata.labels["kubernetes.io/os"] ?? "linux";
  const ready = conditions.find(({ type }) => type === "Ready");
  const unfit =
    system !== "linux"
      ? `it runs ${system}`
      : ready?.status === "True"
        ? null
        : `it is not Ready${ready === undefined || ready.message === "" ? "" : ` (${ready.message})`}`;
  return [{ name: metadata.name, unfit }];
}
