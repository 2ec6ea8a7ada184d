import { parseIp } from "../../kubernetes/ip.ts";
import { SERVICE_NAME_LABEL } from "../../objects/endpoint-slice.ts";
import type { Service } from "../../objects/service.ts";
import { kubectlApply, kubectlPatch, note } from "../remedies/kubectl.ts";
import { yamlLines } from "../remedies/yaml-lines.ts";

/** What makes a Service an alias. What belongs to a cluster IP is taken away in the same step, or the API server refuses it. */
export function aliasCommand(service: Service, target: string): string {
  if (!service.live) {
    return [
      yamlLines({ spec: { type: "ExternalName", externalName: target } }),
      note("and remove clusterIP, clusterIPs, selector, ipFamilies and ipFamilyPolicy where they are written"),
    ].join("\n");
  }
  const spec = {
    type: "ExternalName",
    externalName: target,
    clusterIP: null,
    clusterIPs: null,
    ipFamilies: null,
    ipFamilyPolicy: null,
    internalTrafficPolicy: null,
    selector: null,
  };
  return kubectlPatch(service.metadata.namespace, "service", service.metadata.name, { spec }, "merge");
}

/** What publishes one fixed address under a Service's name: a headless Service with an EndpointSlice written by hand. */
export function manualEndpoints(service: Service, address: string): string {
  const { namespace, name } = service.metadata;
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
    addressType: parseIp(address)?.family ?? "IPv4",
    endpoints: [{ addresses: [parseIp(address)?.text ?? address] }],
    ports: service.spec.ports.map(({ name: port, protocol, port: number }) => ({ name: port, protocol, port: number })),
  };
  const headless = { type: "ClusterIP", clusterIP: "None", externalName: null, selector: null };
  if (service.live) {
    return [kubectlPatch(namespace, "service", name, { spec: headless }, "merge"), kubectlApply(namespace, slice)].join(
      "\n",
    );
  }
  return [
    note(`an address is published by a headless Service without selector and externalName ...`),
    yamlLines({ spec: { clusterIP: "None" } }),
    note("... and an EndpointSlice of its own:"),
    yamlLines(slice),
  ].join("\n");
}
