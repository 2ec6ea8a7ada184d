import { readyCondition } from "../../objects/pod.ts";
import { findClusterDns } from "../../trace/cluster-dns.ts";
import type { LinkLine, LinkView } from "./view.ts";

const DNS_NAMESPACE = "kube-system";

/** `2 of 2 Pods of kube-system/kube-dns Ready`. */
export function clusterDnsLine({ trace }: LinkView): LinkLine {
  const { live, index } = trace;
  if (!live) return { summary: "only a running cluster has one", judged: "no" };
  for (const list of [index.in("services", DNS_NAMESPACE), index.in("pods", DNS_NAMESPACE)]) {
    if (list.status === "unavailable") return { summary: list.because, judged: "unknown" };
  }
  const { service, pods } = findClusterDns(index);
  if (service === null)
    return { summary: `no Service of cluster DNS was found in ${DNS_NAMESPACE}`, judged: "unknown" };
  const ready = pods.filter((pod) => readyCondition(pod)?.status === "True").length;
  const many = `${ready} of ${pods.length} Pods of ${DNS_NAMESPACE}/${service.metadata.name} Ready`;
  return { summary: many, judged: ready > 0 ? "yes" : "unknown" };
}
