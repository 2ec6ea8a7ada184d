import type { Service, ServicePort } from "../../objects/service.ts";
import { listed } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `clusterIP: None · port mysql 3306 -> 3306`. */
export function serviceLine({ trace }: LinkView): LinkLine {
  const { namespace, name, service, live, neededBy } = trace;
  const list = trace.parts.services;
  if (service !== null) return { summary: () => describe(service), judged: "yes" };
  if (list.status === "complete" && !live && neededBy.length === 0 && list.value.inNamespace.length === 0) {
    return { summary: `the input holds no Service of namespace ${namespace}`, judged: "unknown" };
  }
  if (list.status === "complete") return { summary: `no Service ${name} in namespace ${namespace}`, judged: "yes" };
  return {
    summary: `Services of ${namespace} were not all read: ${list.because}`,
    judged: list.status === "unavailable" && list.byNature ? "no" : "unknown",
  };
}

function describe(service: Service): string {
  const { type, externalName, ports, publishNotReadyAddresses } = service.spec;
  if (type === "ExternalName") return `type: ExternalName -> ${externalName ?? "nothing"}`;
  return [
    type === "ClusterIP" ? address(service) : `type: ${type}, ${address(service)}`,
    ...(externalName === null ? [] : [`externalName: ${externalName}`]),
    ports.length === 0 ? "no ports" : `port ${listed(ports.map(portText), 2)}`,
    ...(publishNotReadyAddresses ? ["publishes not-ready addresses"] : []),
  ].join(" · ");
}

/** The cluster IP as CoreDNS reads it: the first of clusterIPs, else clusterIP. */
function address({ spec, live }: Service): string {
  const { clusterIPs, clusterIP } = spec;
  if (clusterIPs.length > 0) return `clusterIP: ${clusterIPs.join(", ")}`;
  if (clusterIP !== null && clusterIP !== "") return `clusterIP: ${clusterIP}`;
  return live ? "no clusterIP" : "no clusterIP written, so the cluster will assign one";
}

/** `mysql 3306 -> 3306`, `dns 53 -> dns/UDP`. */
function portText({ name, port, targetPort, protocol }: ServicePort): string {
  const named = name === "" ? "" : `${name} `;
  return `${named}${port} -> ${targetPort}${protocol === "TCP" ? "" : `/${protocol}`}`;
}
