import { isWritten } from "../../objects/meta.ts";
import type { Service, ServicePort } from "../../objects/service.ts";
import type { Workload } from "../../objects/workload.ts";
import { kubectl, kubectlPatch, note } from "./kubectl.ts";
import { type YamlValue, yamlLines } from "./yaml-lines.ts";

/**
 * What makes a Service headless. `clusterIP` is immutable, so a live Service is deleted and made again in one command:
 * the patch is only computed on this side (`--dry-run=client`), and `replace --force` does the rest.
 */
export function makeHeadless(service: Service): string {
  return service.live ? recreateHeadless(service) : headlessYaml(service);
}

function recreateHeadless({ metadata, spec }: Service): string {
  const { namespace, name } = metadata;
  const plain = spec.type === "ClusterIP";
  const patch = {
    spec: {
      ...(plain ? {} : { type: "ClusterIP", externalName: null }),
      clusterIP: "None",
      clusterIPs: ["None"],
      ...(plain ? {} : { ports: spec.ports.map(withoutNodePort) }),
      ...(spec.type === "LoadBalancer" ? { allocateLoadBalancerNodePorts: null, loadBalancerClass: null } : {}),
      ...(spec.loadBalancerIP === null ? {} : { loadBalancerIP: null }),
      ...(plain ? {} : { externalTrafficPolicy: null, loadBalancerSourceRanges: null, healthCheckNodePort: null }),
    },
  };
  return [
    ...(spec.type === "NodePort" || spec.type === "LoadBalancer" ? [waysIn(spec.type, name)] : []),
    note("clusterIP cannot be changed: this deletes the Service and makes it again"),
    `${kubectlPatch(namespace, "service", name, patch, "merge")} --dry-run=client -o yaml | ${kubectl(namespace, "replace", "--force", "-f", "-")}`,
    ...portNotes(spec.ports),
    note(`and write clusterIP: None where Service ${name} is kept (manifest, chart values)`),
  ].join("\n");
}

/** Who comes from outside loses the way in; annotations and source ranges are not ours to copy. */
function waysIn(type: "NodePort" | "LoadBalancer", name: string): string {
  const lost = type === "NodePort" ? "its node ports" : "its load balancer and node ports";
  return note(`this ends ${lost}: where anybody comes in by them, make another Service beside ${name} for that first`);
}

function withoutNodePort({ name, protocol, port, targetPort, appProtocol }: ServicePort): YamlValue {
  return {
    ...(name === "" ? {} : { name }),
    protocol,
    port,
    targetPort,
    ...(appProtocol === null ? {} : { appProtocol }),
  };
}

function headlessYaml({ spec }: Service): string {
  return [
    yamlLines({ spec: { ...(spec.type === "ClusterIP" ? {} : { type: "ClusterIP" }), clusterIP: "None" } }),
    ...portNotes(spec.ports),
  ].join("\n");
}

/** Without a cluster IP nothing translates ports any more. */
function portNotes(ports: readonly ServicePort[]): readonly string[] {
  return ports
    .filter(({ port, targetPort }) => typeof targetPort === "number" && port !== targetPort)
    .map(({ port, targetPort }) =>
      note(
        `port ${port} leads to ${targetPort} only through a cluster IP: clients of a headless Service use ${targetPort}`,
      ),
    );
}

/**
 * What gives a StatefulSet another governing Service. `serviceName` is immutable, so the set is made again while its
 * Pods go on running, and then restarted: a Pod keeps the subdomain that it was made with.
 */
export function changeServiceName(set: Workload, serviceName: string): string {
  if (isWritten(set)) return yamlLines({ spec: { serviceName } });
  const { namespace, name } = set.metadata;
  return [
    note("serviceName cannot be changed: this makes the StatefulSet again, then restarts its Pods one by one"),
    `${kubectlPatch(namespace, "statefulset", name, { spec: { serviceName } })} --dry-run=client -o yaml | ${kubectl(namespace, "replace", "--force", "--cascade=orphan", "-f", "-")}`,
    kubectl(namespace, "rollout", "restart", `statefulset/${name}`),
    kubectl(namespace, "rollout", "status", `statefulset/${name}`),
  ].join("\n");
}
