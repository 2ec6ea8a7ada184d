import type { EndpointSlice, Endpoints } from "../../objects/endpoint-slice.ts";
import type { ObjectMeta } from "../../objects/meta.ts";
import type { ConfigMap, Event, Namespace, NetworkPolicy, NetworkPolicyRule, Node } from "../../objects/others.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Service, ServiceSpec } from "../../objects/service.ts";
import type { Resource, Resources } from "../../objects/snapshot.ts";
import type { Rollout, VolumeClaimTemplate, Workload } from "../../objects/workload.ts";
import { writeCondition, writePodSpec, writePodStatus, writePodTemplate } from "./pod.ts";
import { keptAnnotations, keptData } from "./redact.ts";
import { allTaken, type Json, unless } from "./written.ts";

/**
 * Objects as the API would return them, with only the fields that we read: readObject gives the same object again, but
 * for what is redacted.
 */
export const WRITERS: { readonly [R in Resource]: (object: Resources[R]) => Json } = {
  services: ({ spec, lookalikes, live, ...object }: Service) => {
    // Only manifests hold lookalikes, and `live` follows from the source.
    void lookalikes;
    void live;
    return { ...writeMeta(object), spec: writeServiceSpec(spec) };
  },
  endpointSlices: ({ addressType, endpoints, ports, ...object }: EndpointSlice) => ({
    ...writeMeta(object),
    addressType,
    endpoints,
    ports: ports.map(writePort),
  }),
  endpoints: ({ subsets, ...object }: Endpoints) => ({
    ...writeMeta(object),
    subsets: subsets.map((subset) => ({ ...subset, ports: subset.ports.map(writePort) })),
  }),
  pods: ({ spec, status, derivedFrom, ...object }: Pod) => {
    // Derived Pods are made again from their workloads; a cluster's are real.
    void derivedFrom;
    return { ...writeMeta(object), spec: writePodSpec(spec), status: status && writePodStatus(status) };
  },
  workloads: writeWorkload,
  events: ({ involvedObject, lastSeen, ...event }: Event) => {
    const { type, reason, message, count, ...object } = event;
    return { ...writeMeta(object), involvedObject, type, reason, message, count, lastTimestamp: lastSeen };
  },
  namespaces: ({ phase, ...object }: Namespace) => ({ ...writeMeta(object), status: { phase } }),
  nodes: ({ addresses, conditions, ...object }: Node) => ({
    ...writeMeta(object),
    status: { addresses, conditions: conditions.map(writeCondition) },
  }),
  configMaps: ({ data, ...object }: ConfigMap) => ({ ...writeMeta(object), data: keptData(data) }),
  networkPolicies: ({ podSelector, policyTypes, ingress, egress, ...object }: NetworkPolicy) => ({
    ...writeMeta(object),
    spec: {
      podSelector,
      policyTypes,
      ingress: ingress.map((rule) => writePolicyRule(rule, "from")),
      egress: egress.map((rule) => writePolicyRule(rule, "to")),
    },
  }),
};

interface Common {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly origin: unknown;
}

/** What is left of an object after its own fields: anything else would be lost, and does not compile. */
function writeMeta<T extends Common>(object: T & { readonly [K in Exclude<keyof T, keyof Common>]: never }): Json {
  const { apiVersion, kind, metadata } = object;
  const { namespace, uid, annotations, ...meta } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...meta,
      namespace: unless(namespace, ""),
      uid: unless(uid, ""),
      annotations: keptAnnotations(annotations),
    },
  };
}

function writeServiceSpec({ ports, publishNotReadyAddresses, ...spec }: ServiceSpec): Json {
  return {
    ...spec,
    ports: ports.map((port) => ({ ...port, name: unless(port.name, "") })),
    publishNotReadyAddresses: unless(publishNotReadyAddresses, false),
  };
}

function writePort<P extends { readonly name: string }>(port: P): Json {
  return { ...port, name: unless(port.name, "") };
}

function writePolicyRule({ peers, ports, ...rest }: NetworkPolicyRule, peersKey: "from" | "to"): Json {
  allTaken(rest);
  return { [peersKey]: peers, ports };
}

function writeWorkload({ replicas, replicasGiven, selector, template, status, ...workload }: Workload): Json {
  const { serviceName, ordinalsStart, podManagementPolicy, volumeClaimTemplates, rollout, ...rest } = workload;
  const { indexed, suspended, ...object } = rest;
  const meta = writeMeta(object);
  const job = {
    parallelism: replicas,
    selector,
    completionMode: indexed ? "Indexed" : undefined,
    template: writePodTemplate(template),
  };
  switch (object.kind) {
    case "CronJob":
      return { ...meta, spec: { suspend: unless(suspended, false), jobTemplate: { spec: job } } };
    case "Job":
      return {
        ...meta,
        spec: { ...job, suspend: unless(suspended, false) },
        status: status && { active: status.replicas, ready: status.readyReplicas },
      };
    case "DaemonSet":
      return {
        ...meta,
        spec: { selector, template: job.template, updateStrategy: rollout && writeRollout(rollout) },
        status: status && { currentNumberScheduled: status.replicas, numberReady: status.readyReplicas },
      };
    default:
      return {
        ...meta,
        spec: {
          replicas: replicasGiven ? replicas : undefined,
          selector: object.kind === "ReplicationController" ? selector?.matchLabels : selector,
          template: job.template,
          serviceName,
          ordinals: ordinalsStart === 0 ? undefined : { start: ordinalsStart },
          podManagementPolicy,
          volumeClaimTemplates: volumeClaimTemplates.length === 0 ? undefined : volumeClaimTemplates.map(writeClaim),
          [object.kind === "Deployment" ? "strategy" : "updateStrategy"]: rollout && writeRollout(rollout),
        },
        status,
      };
  }
}

function writeRollout({ type, maxUnavailable, partition, ...rest }: Rollout): Json {
  allTaken(rest);
  return { type, rollingUpdate: { maxUnavailable, partition: unless(partition, 0) } };
}

function writeClaim({ name, storage, ...spec }: VolumeClaimTemplate): Json {
  return { metadata: { name }, spec: { ...spec, resources: { requests: { storage: unless(storage, "") } } } };
}
