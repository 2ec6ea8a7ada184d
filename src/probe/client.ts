import { meantInstead } from "../objects/near-names.ts";
import type { Pod } from "../objects/pod.ts";
import { pathOf } from "../sources/cluster/resources.ts";
import { ProbeError } from "./error.ts";
import { isJson } from "./merge-patch.ts";
import { readPod } from "./pod-state.ts";
import type { PodName, ProbeAccess } from "./vantage.ts";

/** The Pod of a client; null where it may not be read. Throws a ProbeError where there is none. */
export async function readClient(access: ProbeAccess, client: PodName, signal: AbortSignal): Promise<Pod | null> {
  const { namespace, name } = client;
  const answer = await access.api.get(pathOf("v1", namespace, "pods", name), {}, signal);
  if (answer.status === 404) {
    const known = await podNames(access, namespace, signal);
    const meant = meantInstead(name, known, `kubectl -n ${namespace} get pods lists them`);
    throw new ProbeError(`there is no Pod ${name} in namespace ${namespace}`, meant, "usage");
  }
  return answer.status === 200 ? readPod(answer.body) : null;
}

/** Holds a client's Pod that something is to run in to what it is now; gives its node, "" where it may not be read. */
export async function nodeOfClient(access: ProbeAccess, client: PodName, signal: AbortSignal): Promise<string> {
  const pod = await readClient(access, client, signal);
  const { phase = "Running" } = pod?.status ?? {};
  if (phase !== "Running") {
    throw new ProbeError(
      `nothing can be run in Pod ${client.namespace}/${client.name}: it is ${phase}, and not Running`,
      "wait until it runs, or ask from a Pod of its own",
    );
  }
  return pod?.spec.nodeName ?? "";
}

async function podNames({ api }: ProbeAccess, namespace: string, signal: AbortSignal): Promise<readonly string[]> {
  const { body } = await api.get(pathOf("v1", namespace, "pods"), { limit: "500" }, signal);
  const items = isJson(body) && Array.isArray(body.items) ? body.items : [];
  return items.flatMap((item: unknown) => (isJson(item) && isJson(item.metadata) ? [String(item.metadata.name)] : []));
}
