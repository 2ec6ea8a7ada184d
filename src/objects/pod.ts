import type { KubernetesObject, Labels, ObjectRef } from "./meta.ts";
import type { Protocol } from "./service.ts";

export interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** Where an environment variable's value comes from; `value` is null where it is not written in the object or was redacted. */
export interface EnvVar {
  readonly name: string;
  readonly value: string | null;
  /** `metadata.name` of `valueFrom.fieldRef.fieldPath`, else null. */
  readonly fieldPath: string | null;
  readonly configMapKey: { readonly name: string; readonly key: string } | null;
}

export interface Probe {
  /** How it asks, in a few words: `GET :8080/healthz`, `tcp :3306`, `exec mysqladmin ping`, `grpc :9090`. */
  readonly how: string;
  /** The words of an exec probe, else null. */
  readonly command: readonly string[] | null;
  readonly port: number | string | null;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly ContainerPort[];
  readonly env: readonly EnvVar[];
  readonly envFrom: readonly { readonly configMap: string | null; readonly prefix: string }[];
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly readinessProbe: Probe | null;
  readonly livenessProbe: Probe | null;
  readonly startupProbe: Probe | null;
  /** "Always" on an init container makes it a sidecar whose ports count. */
  readonly restartPolicy: string | null;
}

export interface PodDnsConfig {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly { readonly name: string; readonly value: string | null }[];
}

export interface HostAlias {
  readonly ip: string;
  readonly hostnames: readonly string[];
}

export interface PodSpec {
  /** "" where not given. */
  readonly hostname: string;
  /** "" where not given. */
  readonly subdomain: string;
  readonly setHostnameAsFQDN: boolean;
  readonly hostNetwork: boolean;
  readonly dnsPolicy: "ClusterFirst" | "ClusterFirstWithHostNet" | "Default" | "None";
  readonly dnsConfig: PodDnsConfig | null;
  /** Lines that the kubelet adds to /etc/hosts. */
  readonly hostAliases: readonly HostAlias[];
  /** "" where not scheduled. */
  readonly nodeName: string;
  /** "" where not given; real Pods always have one. */
  readonly serviceAccountName: string;
  readonly restartPolicy: string;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly readinessGates: readonly string[];
  /** ConfigMaps mounted as volumes: by the volume's name. */
  readonly configMapVolumes: readonly { readonly volume: string; readonly configMap: string }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339 or null. */
  readonly lastTransitionTime: string | null;
}

/** What a container does now: one of the three states, with the kubelet's own words. */
export type ContainerState =
  | { readonly type: "waiting"; readonly reason: string; readonly message: string }
  | { readonly type: "running"; readonly startedAt: string | null }
  | {
      readonly type: "terminated";
      readonly reason: string;
      readonly message: string;
      readonly exitCode: number;
      readonly finishedAt: string | null;
    };

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  /** Its startup probe, where it has one, has succeeded; null where the kubelet has not said. */
  readonly started: boolean | null;
  readonly restartCount: number;
  readonly image: string;
  readonly state: ContainerState | null;
  readonly lastState: ContainerState | null;
}

export interface PodStatus {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** First of all; podIP comes first where the status has both. */
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly conditions: readonly Condition[];
  readonly containerStatuses: readonly ContainerStatus[];
  readonly initContainerStatuses: readonly ContainerStatus[];
  readonly startTime: string | null;
}

export interface Pod extends KubernetesObject {
  readonly kind: "Pod";
  readonly spec: PodSpec;
  /** null: the Pod does not exist yet, it is what a manifest would make. Nothing is known of its phase, readiness or address. */
  readonly status: PodStatus | null;
  /** The workload of the manifests that would make this Pod; null for real Pods and for Pods written out. */
  readonly derivedFrom: ObjectRef | null;
}

export interface PodTemplate {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: PodSpec;
}

/** Begins the name of a volume that every Pod is given, of another name each (plugin/pkg/admission/serviceaccount). */
export const ACCOUNT_VOLUME = "kube-api-access-";

/** In every namespace and in every Pod: the cluster's own certificate. */
const CLUSTER_CERTIFICATE = "kube-root-ca.crt";

/** The ConfigMaps whose data a Pod's containers are given, by name: mounted, or as variables. */
export function configMapsOf({ containers, initContainers, configMapVolumes }: PodSpec): readonly string[] {
  const names = new Set(configMapVolumes.map(({ configMap }) => configMap));
  for (const { env, envFrom } of [...containers, ...initContainers]) {
    for (const { configMapKey } of env) if (configMapKey !== null) names.add(configMapKey.name);
    for (const { configMap } of envFrom) if (configMap !== null) names.add(configMap);
  }
  names.delete("");
  names.delete(CLUSTER_CERTIFICATE);
  return [...names];
}

/** Whether all containers have ended for good: such a Pod never starts again (pkg/api/v1/pod IsPodTerminal). */
export function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** The value of a Pod's Ready condition; null where there is no status. */
export function readyCondition(pod: Pod): Condition | null {
  return pod.status?.conditions.find((condition) => condition.type === "Ready") ?? null;
}

/**
 * The addresses that a Pod's /etc/hosts gives for a name as it is written, whatever DNS would answer; none mostly. A resolver
 * of libc looks there first (`hosts: files dns`), for the name itself and not for its search list; dig and nslookup don't.
 */
export function aliasedTo({ hostAliases }: PodSpec, host: string): readonly string[] {
  if (hostAliases.length === 0) return [];
  const name = host.toLowerCase().replace(/\.$/, "");
  return hostAliases.filter(({ hostnames }) => hostnames.some((one) => one.toLowerCase() === name)).map(({ ip }) => ip);
}
