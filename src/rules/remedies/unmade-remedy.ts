import type { Event } from "../../objects/others.ts";
import type { Workload } from "../../objects/workload.ts";
import { kubectl, note } from "./kubectl.ts";
import { touch } from "./resync.ts";

/**
 * What to do where a controller does not manage to make Pods: what shows the cause, by the words in which the API server
 * refuses (event FailedCreate), and how to have it tried again; null: nobody said why.
 */
export function unmadeRemedy({ kind, metadata }: Workload, refused: Event | null, now: string | null): string {
  const { namespace, name } = metadata;
  if (refused === null) {
    return [
      kubectl(namespace, "describe", kind.toLowerCase(), name),
      kind === "DaemonSet"
        ? kubectl("", "get", "nodes", "--show-labels")
        : kubectl("kube-system", "get", "pods", "-l", "component=kube-controller-manager"),
    ].join("\n");
  }
  // A Deployment has a ReplicaSet make them, which is told.
  const maker = refused.involvedObject.name === "" ? { kind, name } : refused.involvedObject;
  const target = [maker.kind.toLowerCase(), maker.name] as const;
  return [
    kubectl(namespace, "describe", ...target),
    ...causeLines(namespace, refused.message),
    // workqueue's default rate limiter doubles its delay from 5 ms up to 1000 s.
    note(
      "once that is mended, its controller tries again by itself within 17 minutes; any change makes it try at once:",
    ),
    ...touch(namespace, ...target, now).map(note),
  ].join("\n");
}

function causeLines(namespace: string, message: string): readonly string[] {
  const account = /serviceaccount "([^"]+)" not found/.exec(message)?.[1];
  if (account !== undefined) return [kubectl(namespace, "create", "serviceaccount", account)];
  const policy = /ValidatingAdmissionPolicy '([^']+)'/.exec(message)?.[1];
  if (policy !== undefined) return [kubectl("", "get", "validatingadmissionpolicy", policy, "-o", "yaml")];
  if (/quota/i.test(message)) return [kubectl(namespace, "describe", "resourcequota")];
  // plugin/pkg/admission/limitranger: "maximum memory usage per Container is 16Mi, but limit is 64Mi".
  if (/(?:maximum|minimum) \S+ usage per |limit to request ratio per /.test(message))
    return [kubectl(namespace, "describe", "limitrange")];
  if (/PodSecurity/i.test(message)) return [kubectl("", "get", "namespace", namespace, "--show-labels")];
  if (/no PriorityClass/.test(message)) return [kubectl("", "get", "priorityclasses")];
  if (/webhook/i.test(message))
    return [kubectl("", "get", "validatingwebhookconfigurations,mutatingwebhookconfigurations")];
  return [];
}
