import type { Labels } from "../../objects/meta.ts";
import type { PodSpec } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { writtenLabels } from "../evidence/label-differences.ts";
import { runningContainers } from "../evidence/pod-ports.ts";
import type { YamlValue } from "./yaml-lines.ts";

/** The headless Service that a StatefulSet needs: its selector, its containers' ports. */
export function governingService(set: Workload, name: string): YamlValue {
  const matchLabels = set.selector?.matchLabels ?? {};
  const selector = Object.keys(matchLabels).length > 0 ? matchLabels : writtenLabels(set.template.labels);
  return headlessService(set.metadata.namespace, name, selector, set.template.spec);
}

/** A headless Service for Pods with these labels and this spec; ports keep their numbers, for nothing translates them. */
export function headlessService(namespace: string, name: string, selector: Labels, spec: PodSpec): YamlValue {
  const ports = new Map<string, YamlValue>();
  const names = new Set<string>();
  for (const { name: portName, containerPort, protocol } of runningContainers(spec).flatMap((one) => one.ports)) {
    const key = `${containerPort}/${protocol}`;
    if (ports.has(key)) continue;
    const free = portName !== "" && !names.has(portName) ? portName : `${protocol.toLowerCase()}-${containerPort}`;
    names.add(free);
    ports.set(key, { name: free, protocol, port: containerPort });
  }
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { clusterIP: "None", selector, ...(ports.size > 0 ? { ports: [...ports.values()] } : {}) },
  };
}
