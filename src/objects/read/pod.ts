import {
  ACCOUNT_VOLUME,
  type Condition,
  type Container,
  type ContainerPort,
  type ContainerState,
  type ContainerStatus,
  type EnvVar,
  type PodDnsConfig,
  type PodSpec,
  type PodStatus,
  type PodTemplate,
  type Probe,
} from "../pod.ts";
import {
  each,
  type Field,
  fault,
  flag,
  integer,
  integerOr,
  integerOrText,
  labels,
  map,
  maps,
  oneOf,
  oneOfOr,
  optionalMap,
  sharing,
  sharingEach,
  text,
  textOr,
  texts,
} from "./fields.ts";
import { PROTOCOLS } from "./service.ts";

/** The template of a workload; its metadata may be missing. */
export function readPodTemplate(owner: Field, key: string): PodTemplate {
  const template = map(owner, key);
  const meta = map(template, "metadata");
  return {
    labels: labels(meta, "labels"),
    annotations: labels(meta, "annotations"),
    spec: readPodSpec(map(template, "spec")),
  };
}

export function readPodSpec(spec: Field): PodSpec {
  return {
    hostname: textOr(spec, "hostname", ""),
    subdomain: textOr(spec, "subdomain", ""),
    setHostnameAsFQDN: flag(spec, "setHostnameAsFQDN") ?? false,
    hostNetwork: flag(spec, "hostNetwork") ?? false,
    dnsPolicy: oneOfOr(
      spec,
      "dnsPolicy",
      ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
      "ClusterFirst",
    ),
    dnsConfig: readDnsConfig(spec),
    hostAliases: each(spec, "hostAliases", (alias) => ({
      ip: textOr(alias, "ip", ""),
      hostnames: texts(alias, "hostnames"),
    })),
    nodeName: textOr(spec, "nodeName", ""),
    // The API server fills in either from the other.
    serviceAccountName: textOr(spec, "serviceAccountName", textOr(spec, "serviceAccount", "")),
    restartPolicy: textOr(spec, "restartPolicy", "Always"),
    containers: readContainers(spec, "containers"),
    initContainers: readContainers(spec, "initContainers"),
    readinessGates: each(spec, "readinessGates", (gate) => textOr(gate, "conditionType", "")),
    configMapVolumes: readVolumes(spec),
  };
}

type ConfigMapVolume = PodSpec["configMapVolumes"][number];

function readVolumes(spec: Field): readonly ConfigMapVolume[] {
  // Mostly one volume at most has some: then it is that volume's list, which may be shared.
  const found = each(spec, "volumes", shareVolume).filter((volumes) => volumes.length > 0);
  return found.length <= 1 ? (found[0] ?? NO_VOLUMES) : found.flat();
}

const NO_VOLUMES: readonly ConfigMapVolume[] = [];

const shareVolume = sharing((volume): readonly ConfigMapVolume[] => {
  const name = textOr(volume, "name", "");
  // Of ConfigMaps it holds the cluster's own certificate only.
  if (name.startsWith(ACCOUNT_VOLUME)) return NO_VOLUMES;
  const projected = maps(map(volume, "projected"), "sources");
  const found = [volume, ...projected].flatMap((source) => {
    const configMap = optionalMap(source, "configMap");
    return configMap === null ? [] : [{ volume: name, configMap: textOr(configMap, "name", "") }];
  });
  return found.length === 0 ? NO_VOLUMES : found;
});

function readDnsConfig(spec: Field): PodDnsConfig | null {
  const config = optionalMap(spec, "dnsConfig");
  if (config === null) return null;
  return {
    nameservers: texts(config, "nameservers"),
    searches: texts(config, "searches"),
    options: each(config, "options", (option) => ({
      name: textOr(option, "name", ""),
      value: text(option, "value"),
    })),
  };
}

function readContainer(container: Field): Container {
  return {
    name: textOr(container, "name", ""),
    image: textOr(container, "image", ""),
    ports: each(container, "ports", readContainerPort),
    env: each(container, "env", readEnvVar),
    envFrom: each(container, "envFrom", (source) => {
      const configMap = optionalMap(source, "configMapRef");
      return {
        configMap: configMap === null ? null : textOr(configMap, "name", ""),
        prefix: textOr(source, "prefix", ""),
      };
    }),
    command: texts(container, "command"),
    args: texts(container, "args"),
    readinessProbe: readProbe(container, "readinessProbe"),
    livenessProbe: readProbe(container, "livenessProbe"),
    startupProbe: readProbe(container, "startupProbe"),
    restartPolicy: text(container, "restartPolicy"),
  };
}

const readContainers = sharingEach(sharing(readContainer));

function readContainerPort(port: Field): ContainerPort {
  const number = integer(port, "containerPort");
  if (number === null && (port.entries.containerPort ?? null) === null) {
    fault(port, ["containerPort"], "expected a port number, found nothing");
  }
  return {
    name: textOr(port, "name", ""),
    containerPort: number ?? 0,
    protocol: oneOfOr(port, "protocol", PROTOCOLS, "TCP"),
  };
}

function readEnvVar(variable: Field): EnvVar {
  const source = optionalMap(variable, "valueFrom");
  const fieldRef = source === null ? null : optionalMap(source, "fieldRef");
  const keyRef = source === null ? null : optionalMap(source, "configMapKeyRef");
  const value = text(variable, "value");
  return {
    name: textOr(variable, "name", ""),
    // A variable with neither value nor source is the empty text.
    value: source === null ? (value ?? "") : value,
    fieldPath: fieldRef === null ? null : text(fieldRef, "fieldPath"),
    configMapKey: keyRef === null ? null : { name: textOr(keyRef, "name", ""), key: textOr(keyRef, "key", "") },
  };
}

/** Mirrors the defaults of pkg/apis/core/v1/defaults.go SetDefaults_Probe. */
function readProbe(container: Field, key: string): Probe | null {
  const probe = optionalMap(container, key);
  if (probe === null) return null;
  return {
    ...readProbeHandler(probe),
    initialDelaySeconds: integerOr(probe, "initialDelaySeconds", 0),
    periodSeconds: integerOr(probe, "periodSeconds", 10),
    failureThreshold: integerOr(probe, "failureThreshold", 3),
  };
}

function readProbeHandler(probe: Field): Pick<Probe, "how" | "command" | "port"> {
  const exec = optionalMap(probe, "exec");
  if (exec !== null) {
    const command = texts(exec, "command");
    return { how: `exec ${command.join(" ")}`, command, port: null };
  }
  const http = optionalMap(probe, "httpGet");
  if (http !== null) {
    const port = integerOrText(http, "port");
    return { how: `GET :${port ?? ""}${textOr(http, "path", "/")}`, command: null, port };
  }
  const tcp = optionalMap(probe, "tcpSocket");
  if (tcp !== null) {
    const port = integerOrText(tcp, "port");
    return { how: `tcp :${port ?? ""}`, command: null, port };
  }
  const grpc = optionalMap(probe, "grpc");
  const port = grpc === null ? null : integer(grpc, "port");
  return { how: grpc === null ? "nothing" : `grpc :${port ?? ""}`, command: null, port };
}

export function readPodStatus(status: Field): PodStatus {
  return {
    // A Pod that the API server has just taken has no phase yet.
    phase: (status.entries.phase ?? "") === "" ? "Pending" : readPhase(status),
    reason: textOr(status, "reason", ""),
    message: textOr(status, "message", ""),
    podIPs: addresses(textOr(status, "podIP", ""), each(status, "podIPs", readAddress)),
    hostIPs: addresses(textOr(status, "hostIP", ""), readHostAddresses(status, "hostIPs")),
    conditions: each(status, "conditions", readCondition),
    containerStatuses: each(status, "containerStatuses", readContainerStatus),
    initContainerStatuses: each(status, "initContainerStatuses", readContainerStatus),
    startTime: text(status, "startTime"),
  };
}

function readAddress(entry: Field): string {
  return textOr(entry, "ip", "");
}

/** Many Pods are on one node. */
const readHostAddresses = sharingEach(readAddress);

/** All addresses, with the one that stands alone before the others. */
function addresses(first: string, all: readonly string[]): readonly string[] {
  if (first !== "" && all.length === 1 && all[0] === first) return all;
  const known = new Set([first, ...all]);
  known.delete("");
  return [...known];
}

function readPhase(status: Field): PodStatus["phase"] {
  return oneOf(status, "phase", ["Pending", "Running", "Succeeded", "Failed", "Unknown"]) ?? "Unknown";
}

export function readCondition(condition: Field): Condition {
  return {
    type: textOr(condition, "type", ""),
    status: textOr(condition, "status", ""),
    reason: textOr(condition, "reason", ""),
    message: textOr(condition, "message", ""),
    lastTransitionTime: text(condition, "lastTransitionTime"),
  };
}

function readContainerStatus(status: Field): ContainerStatus {
  return {
    name: textOr(status, "name", ""),
    ready: flag(status, "ready") ?? false,
    started: flag(status, "started"),
    restartCount: integerOr(status, "restartCount", 0),
    image: textOr(status, "image", ""),
    state: readState(status, "state"),
    lastState: readState(status, "lastState"),
  };
}

function readState(status: Field, key: string): ContainerState | null {
  const state = optionalMap(status, key);
  return state === null ? null : shareState(state);
}

/** Containers of one Pod mostly started in the same second. */
const shareState = sharing(readOneState);

function readOneState(state: Field): ContainerState | null {
  const waiting = optionalMap(state, "waiting");
  if (waiting !== null) {
    return { type: "waiting", reason: textOr(waiting, "reason", ""), message: textOr(waiting, "message", "") };
  }
  const running = optionalMap(state, "running");
  if (running !== null) return { type: "running", startedAt: text(running, "startedAt") };
  const terminated = optionalMap(state, "terminated");
  if (terminated === null) return null;
  return {
    type: "terminated",
    reason: textOr(terminated, "reason", ""),
    message: textOr(terminated, "message", ""),
    exitCode: integerOr(terminated, "exitCode", 0),
    finishedAt: text(terminated, "finishedAt"),
  };
}
