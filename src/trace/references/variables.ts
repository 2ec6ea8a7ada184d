import { statefulSetIdentity } from "../../kubernetes/stateful-set.ts";
import { isStandIn } from "../../kubernetes/workload-pods.ts";
import type { ConfigMap } from "../../objects/others.ts";
import type { Container, EnvVar, Pod, PodSpec, PodTemplate } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";

/** Stands in a text where something is that cannot be known: no name that touches it is whole. */
export const UNKNOWN = "\ue001";
/** Stands for the Pod's own full name (`hostname -f`). */
export const OWN_FQDN = "\ue002";

/** The Pod that a container runs in, as far as its names are the same for whoever looks. */
export interface OwnPod {
  readonly namespace: string;
  readonly labels: PodTemplate["labels"];
  /** The Pod's name: of a StatefulSet its first Pod's, which stands for all of them; null where it is made up by chance. */
  readonly name: string | null;
  /** What `hostname` says; null where it is the Pod's full name or the Node's, or is made up by chance. */
  readonly hostname: string | null;
  /** The first ordinal of a StatefulSet, as text; null for other Pods. */
  readonly ordinal: string | null;
  /** Of how many Pods this one is the first; 1 for other Pods. */
  readonly replicas: number;
}

/** What is known of the Pods that a workload makes, or of a Pod that nobody makes. */
export function ownPod(holder: Workload | Pod): OwnPod {
  const { namespace, name } = holder.metadata;
  if (holder.kind === "Pod") {
    const known = isStandIn(name) ? null : name;
    return {
      namespace,
      labels: holder.metadata.labels,
      name: known,
      hostname: hostnameIn(holder.spec, holder.spec.hostname || known),
      ordinal: null,
      replicas: 1,
    };
  }
  const { labels, spec } = holder.template;
  if (holder.kind === "StatefulSet" && holder.replicas !== 0) {
    const first = statefulSetIdentity(holder, holder.ordinalsStart);
    return {
      namespace,
      labels: { ...labels, ...first.labels },
      name: first.name,
      hostname: hostnameIn(spec, first.hostname),
      ordinal: String(holder.ordinalsStart),
      replicas: holder.replicas ?? 1,
    };
  }
  const hostname = hostnameIn(spec, spec.hostname || null);
  return { namespace, labels, name: null, hostname, ordinal: null, replicas: 1 };
}

/** Neither with the full name for a hostname (pkg/kubelet/util GetNodenameForKernel) nor with the Node's is it known here. */
function hostnameIn({ setHostnameAsFQDN, hostNetwork }: PodSpec, hostname: string | null): string | null {
  return setHostnameAsFQDN || hostNetwork ? null : hostname;
}

/** A variable's value; null where it is set and cannot be known (a Secret's, an address, what a snapshot file left out). */
export type Variables = ReadonlyMap<string, string | null>;

export type ConfigMapNamed = (name: string) => ConfigMap | null;

/**
 * The environment that the kubelet gives a container. Mirrors pkg/kubelet/kubelet_pods.go makeEnvironmentVariables: envFrom
 * first, then env in its order, in which `$(VAR)` sees what stands before it.
 */
export function environmentOf(container: Container, pod: OwnPod, configMaps: ConfigMapNamed): Variables {
  const known = new Map<string, string | null>();
  for (const { configMap, prefix } of container.envFrom) {
    const { data = {} } = configMap === null ? {} : (configMaps(configMap) ?? {});
    for (const key of Object.keys(data)) known.set(`${prefix}${key}`, data[key] ?? null);
  }
  for (const variable of container.env) known.set(variable.name, variableValue(variable, pod, configMaps, known));
  return known;
}

function variableValue(
  { value, fieldPath, configMapKey }: EnvVar,
  pod: OwnPod,
  configMaps: ConfigMapNamed,
  known: Variables,
): string | null {
  if (configMapKey !== null) return configMaps(configMapKey.name)?.data[configMapKey.key] ?? null;
  if (fieldPath !== null) return fieldOf(fieldPath, pod);
  return value === null ? null : expandReferences(value, known);
}

function fieldOf(path: string, pod: OwnPod): string | null {
  if (path === "metadata.name") return pod.name;
  if (path === "metadata.namespace") return pod.namespace;
  const label = /^metadata\.labels\['([^']+)'\]$/.exec(path)?.[1];
  return label === undefined ? null : (pod.labels[label] ?? null);
}

/**
 * `$(VAR)` in a variable's value, a command or an argument. Mirrors third_party/forked/golang/expansion: what is not
 * defined stays as it is written, `$$` is a dollar sign. A value that is not known becomes UNKNOWN.
 */
export function expandReferences(text: string, known: Variables): string {
  if (!text.includes("$")) return text;
  return text.replace(/\$\$|\$\(([^()$\s]{1,256})\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    if (!known.has(name)) return whole;
    return known.get(name) ?? UNKNOWN;
  });
}
