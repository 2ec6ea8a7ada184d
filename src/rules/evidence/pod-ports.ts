import { findPort } from "../../kubernetes/endpoint-slices.ts";
import { asLast } from "../../objects/kept.ts";
import { type Container, hasEnded, type Pod, type PodSpec } from "../../objects/pod.ts";
import type { Service, ServicePort } from "../../objects/service.ts";
import type { Parts } from "../../trace/trace.ts";
import { byName } from "../../trace/words.ts";
import { kubectlPatch } from "../remedies/kubectl.ts";
import { type YamlValue, yamlLines } from "../remedies/yaml-lines.ts";
import { currentWorkloads } from "./current-workloads.ts";

/** Something with the ports that a Service's targetPort speaks of: a Pod, or the template that Pods are made from. */
export interface PortHolder {
  /** `Pod web-0`, `StatefulSet web`. */
  readonly who: string;
  /** Pods of one maker should be alike; those of different ones need not. */
  readonly maker: string;
  readonly spec: PodSpec;
}

/**
 * The Pods that a Service selects, save those that are finished; where there are none, the templates that would make
 * them (a workload scaled to zero). Pods of a manifest stand under their workload's name. Sorted by name.
 */
export const portHolders = asLast(holdersOf);

function holdersOf(pods: readonly Pod[], workloads: Parts["workloads"] | null): readonly PortHolder[] {
  const alive = pods.filter((pod) => !hasEnded(pod));
  const holders = new Map<string, PortHolder>();
  const add = (who: string, maker: string, spec: PodSpec): void => {
    if (!holders.has(who)) holders.set(who, { who, maker, spec });
  };
  for (const pod of alive) {
    const { derivedFrom, metadata, spec } = pod;
    const who = derivedFrom === null ? `Pod ${metadata.name}` : `${derivedFrom.kind} ${derivedFrom.name}`;
    const maker = derivedFrom ?? workloads?.makerOf(pod)?.ref ?? null;
    add(who, maker === null ? who : `${maker.kind} ${maker.name}`, spec);
  }
  if (alive.length === 0 && workloads !== null) {
    for (const { kind, metadata, template } of currentWorkloads(workloads.selected, workloads)) {
      add(`${kind} ${metadata.name}`, `${kind} ${metadata.name}`, template.spec);
    }
  }
  return [...holders.values()].sort((a, b) => byName(a.who, b.who));
}

/** The containers whose ports a Service can name: init containers count where they go on running (utils.go FindPort). */
export function runningContainers({ containers, initContainers }: PodSpec): readonly Container[] {
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
}

/** Whether one of the Pods has a port that the Service names; a number needs no container port. */
export function hasPortOf({ spec }: Service, { pods }: { readonly pods: readonly Pod[] }): boolean {
  return pods.some((pod) => spec.ports.some((port) => findPort(pod, port) !== null));
}

/** `http or admin`. */
export function targetPortNames({ spec }: Service): string {
  return [...new Set(spec.ports.map(({ targetPort }) => String(targetPort)))].join(" or ");
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
