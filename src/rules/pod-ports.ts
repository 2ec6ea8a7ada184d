import type { Container, Pod, PodSpec } from "../objects/pod.ts";
import type { Service, ServicePort } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { byName } from "../trace/words.ts";
import { kubectlPatch } from "./kubectl.ts";
import { type YamlValue, yamlLines } from "./yaml-lines.ts";

/** Something with the ports that a Service's targetPort speaks of: a Pod, or the template that Pods are made from. */
export interface PortHolder {
  /** `Pod web-0`, `StatefulSet web`. */
  readonly who: string;
  readonly spec: PodSpec;
}

/**
 * The Pods that a Service selects, save those that are finished; where there are none, the templates that would make
 * them (a workload scaled to zero). Pods of a manifest stand under their workload's name.
 */
export function portHolders(pods: readonly Pod[], workloads: readonly Workload[]): readonly PortHolder[] {
  const alive = pods.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
  if (alive.length === 0) {
    return workloads
      .map(({ kind, metadata, template }) => ({ who: `${kind} ${metadata.name}`, spec: template.spec }))
      .sort((a, b) => byName(a.who, b.who));
  }
  const holders = new Map<string, PortHolder>();
  for (const { derivedFrom, metadata, spec } of alive) {
    const who = derivedFrom === null ? `Pod ${metadata.name}` : `${derivedFrom.kind} ${derivedFrom.name}`;
    if (!holders.has(who)) holders.set(who, { who, spec });
  }
  return [...holders.values()].sort((a, b) => byName(a.who, b.who));
}

/** The containers whose ports a Service can name: init containers count where they go on running (utils.go FindPort). */
export function runningContainers({ containers, initContainers }: PodSpec): readonly Container[] {
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
}

/** `http`, or `80` where the port has no name. */
export function portLabel({ name, port }: ServicePort): string {
  return name === "" ? String(port) : name;
}

/** Sets one field of one port: ports are told apart by their number only, so the patch says which it means. */
export function setPortField(
  service: Service,
  index: number,
  field: "name" | "port" | "targetPort",
  value: string | number,
): string {
  const { namespace, name } = service.metadata;
  const port = service.spec.ports[index];
  if (!service.live) {
    const written: YamlValue = {
      ...(port === undefined || port.name === "" ? {} : { name: port.name }),
      port: port?.port ?? 0,
      ...(port === undefined || port.targetPort === port.port ? {} : { targetPort: port.targetPort }),
      [field]: value,
    };
    const { name: named, ...rest } = written as { readonly name?: string };
    return yamlLines({ spec: { ports: [named === undefined ? rest : { name: named, ...rest }] } });
  }
  const path = `/spec/ports/${index}`;
  const patch = [
    { op: "test", path: `${path}/port`, value: port?.port },
    { op: "add", path: `${path}/${field}`, value },
  ];
  return kubectlPatch(namespace, "service", name, patch, "json");
}
