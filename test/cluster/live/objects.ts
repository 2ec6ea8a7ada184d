// The objects that scenarios are made of, in few words. The namespace is put in when they are made real.
import type { KubeObject } from "../api.ts";
import { toolsImage } from "../cluster.ts";

type Fields = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

/** The name of the Service, its workload and their label, where a scenario needs no other. */
export const NAME = "db";
export const APP: Labels = { app: NAME };
export const PORT = 5432;

/** A container that does nothing for ever, and ends at once when told to. */
export function idle(fields: Fields = {}): Fields {
  return {
    name: "main",
    image: toolsImage,
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"],
    ports: [{ name: NAME, containerPort: PORT }],
    ...fields,
  };
}

/** Ready at the first look. */
export const READY_AT_ONCE = { exec: { command: ["true"] }, periodSeconds: 1 };

export function podSpec(container: Fields = idle(), fields: Fields = {}): Fields {
  return { terminationGracePeriodSeconds: 1, containers: [container], ...fields };
}

export function service(name: string, spec: Fields = {}, metadata: Fields = {}): KubeObject {
  const ports = [{ name: NAME, port: PORT }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, ...metadata },
    spec: { selector: APP, ports, ...spec },
  };
}

export function headless(name: string = NAME, spec: Fields = {}, metadata: Fields = {}): KubeObject {
  return service(name, { clusterIP: "None", ...spec }, metadata);
}

export function pod(name: string, spec: Fields = podSpec(), labels: Labels = APP): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec };
}

interface WorkloadOptions {
  readonly name?: string;
  readonly replicas?: number;
  readonly labels?: Labels;
  readonly pod?: Fields;
  /** Further fields of the spec. */
  readonly spec?: Fields;
  readonly metadata?: Fields;
}

function workload(kind: string, options: WorkloadOptions, own: Fields): KubeObject {
  const { name = NAME, replicas = 1, labels = APP, pod: template = podSpec(), spec = {}, metadata = {} } = options;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, labels, ...metadata },
    spec: {
      ...(kind === "DaemonSet" ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: template },
      ...own,
      ...spec,
    },
  };
}

export function statefulSet(options: WorkloadOptions & { readonly serviceName?: string } = {}): KubeObject {
  const { serviceName = options.name ?? NAME } = options;
  return workload("StatefulSet", options, serviceName === "" ? {} : { serviceName });
}

export function deployment(options: WorkloadOptions = {}): KubeObject {
  return workload("Deployment", options, {});
}

export function daemonSet(options: WorkloadOptions = {}): KubeObject {
  return workload("DaemonSet", options, {});
}

export function job(options: WorkloadOptions & { readonly command: readonly string[] }): KubeObject {
  const { name = NAME, labels = APP, spec = {}, command, pod: fields = {} } = options;
  const template = podSpec(idle({ command }), { restartPolicy: "Never", ...fields });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { backoffLimit: 0, template: { metadata: { labels }, spec: template }, ...spec },
  };
}

export function slice(name: string, addresses: readonly string[], labels: Labels): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels },
    addressType: "IPv4",
    ports: [{ name: NAME, port: PORT, protocol: "TCP" }],
    endpoints: [{ addresses }],
  };
}

export function endpoints(name: string, addresses: readonly string[], labels: Labels = {}): KubeObject {
  const subset = { addresses: addresses.map((ip) => ({ ip })), ports: [{ name: NAME, port: PORT }] };
  return { apiVersion: "v1", kind: "Endpoints", metadata: { name, labels }, subsets: [subset] };
}

/** The node of the Pods that no kubelet runs. */
export const FAKE_NODE = "live-fake";

/** The status of a Pod that runs and is Ready, long enough for controllers to have followed; for Pods without a kubelet. */
export function readyAt(...ips: readonly string[]): Fields {
  const since = new Date(Date.now() - 60_000).toISOString();
  return podStatus(ips, "Running", { status: "True", lastTransitionTime: since }, { running: { startedAt: since } });
}

/** The status of a Pod that has done its work and is not Ready any more; for Pods without a kubelet. */
export function endedAt(...ips: readonly string[]): Fields {
  const finishedAt = new Date().toISOString();
  const terminated = { reason: "Completed", exitCode: 0, startedAt: finishedAt, finishedAt };
  const ready = { status: "False", reason: "PodCompleted", lastTransitionTime: finishedAt };
  return podStatus(ips, "Succeeded", ready, { terminated });
}

function podStatus(ips: readonly string[], phase: string, ready: Fields, state: Fields): Fields {
  const isRunning = phase === "Running";
  const container = { name: "main", restartCount: 0, image: toolsImage, imageID: "" };
  return {
    phase,
    podIP: ips[0],
    podIPs: ips.map((ip) => ({ ip })),
    conditions: [
      ...["Ready", "ContainersReady"].map((type) => ({ type, ...ready })),
      ...["Initialized", "PodScheduled"].map((type) => ({ ...ready, type, status: "True" })),
    ],
    containerStatuses: [{ ...container, ready: isRunning, started: isRunning, state }],
  };
}
