import { matchesLabels } from "../../kubernetes/label-selector.ts";
import { present } from "../../objects/collected.ts";
import { readyCondition } from "../../objects/pod.ts";
import { hasSelector } from "../../objects/service.ts";
import type { LinkLine, LinkView } from "./view.ts";

const DNS_NAMESPACE = "kube-system";
const DNS_SERVICE = "kube-dns";

/** `2 of 2 Pods of kube-system/kube-dns Ready`. */
export function clusterDnsLine({ trace }: LinkView): LinkLine {
  const { live, index } = trace;
  if (!live) return { summary: "only a running cluster has one", judged: "no" };
  const services = index.in("services", DNS_NAMESPACE);
  const pods = index.in("pods", DNS_NAMESPACE);
  for (const list of [services, pods]) {
    if (list.status === "unavailable") return { summary: list.because, judged: "unknown" };
  }
  const service = present(services).find((one) => one.metadata.name === DNS_SERVICE);
  const where = `${DNS_NAMESPACE}/${DNS_SERVICE}`;
  if (service === undefined || !hasSelector(service))
    return { summary: `no Service ${where} found`, judged: "unknown" };
  const selector = service.spec.selector ?? {};
  const selected = present(pods).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const ready = selected.filter((pod) => readyCondition(pod)?.status === "True").length;
  return {
    summary: `${ready} of ${selected.length} Pods of ${where} Ready`,
    judged: ready > 0 ? "yes" : "unknown",
  };
}
