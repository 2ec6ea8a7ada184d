import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  EnvVar,
  PodSpec,
  PodStatus,
  PodTemplate,
  Probe,
} from "../../objects/pod.ts";
import { keptAnnotations, keptWords } from "./redact.ts";
import { allTaken, type Json, unless } from "./written.ts";

export function writePodTemplate({ labels, annotations, spec, ...rest }: PodTemplate): Json {
  allTaken(rest);
  return { metadata: { labels, annotations: keptAnnotations(annotations) }, spec: writePodSpec(spec) };
}

export function writePodSpec(spec: PodSpec): Json {
  const { hostname, subdomain, setHostnameAsFQDN, hostNetwork, dnsPolicy, dnsConfig, hostAliases, ...others } = spec;
  const { nodeName, serviceAccountName, restartPolicy, containers, initContainers, ...last } = others;
  const { readinessGates, configMapVolumes, ...rest } = last;
  allTaken(rest);
  return {
    hostname: unless(hostname, ""),
    subdomain: unless(subdomain, ""),
    setHostnameAsFQDN: unless(setHostnameAsFQDN, false),
    hostNetwork: unless(hostNetwork, false),
    dnsPolicy,
    dnsConfig,
    hostAliases,
    nodeName: unless(nodeName, ""),
    serviceAccountName: unless(serviceAccountName, ""),
    restartPolicy: unless(restartPolicy, "Always"),
    containers: containers.map(writeContainer),
    initContainers: initContainers.map(writeContainer),
    readinessGates: readinessGates.map((conditionType) => ({ conditionType })),
    volumes: configMapVolumes.map(({ volume, configMap }) => ({ name: volume, configMap: { name: configMap } })),
  };
}

function writeContainer(container: Container): Json {
  const { name, image, ports, env, envFrom, command, args, ...others } = container;
  const { readinessProbe, livenessProbe, startupProbe, restartPolicy, ...rest } = others;
  allTaken(rest);
  return {
    name,
    image,
    ports: ports.map((port) => ({ ...port, name: unless(port.name, "") })),
    env: env.map(writeEnvVar),
    envFrom: envFrom.map(({ configMap, prefix }) => ({
      prefix: unless(prefix, ""),
      configMapRef: configMap === null ? null : { name: configMap },
    })),
    command: keptWords(command),
    args: keptWords(args),
    readinessProbe: readinessProbe && writeProbe(readinessProbe),
    livenessProbe: livenessProbe && writeProbe(livenessProbe),
    startupProbe: startupProbe && writeProbe(startupProbe),
    restartPolicy,
  };
}

/** Without its value: an empty `valueFrom` is read as a value that is not known. */
function writeEnvVar({ name, value, fieldPath, configMapKey, ...rest }: EnvVar): Json {
  allTaken(rest);
  void value;
  return { name, valueFrom: { fieldRef: fieldPath === null ? null : { fieldPath }, configMapKeyRef: configMapKey } };
}

function writeProbe(probe: Probe): Json {
  const { how, command, port, initialDelaySeconds, periodSeconds, failureThreshold, ...rest } = probe;
  allTaken(rest);
  return { ...writeProbeHandler(how, command, port), initialDelaySeconds, periodSeconds, failureThreshold };
}

/** `how` begins with the kind of handler, and only a GET says more there than the other two. */
function writeProbeHandler(how: string, command: Probe["command"], port: Probe["port"]): Json {
  if (command !== null) return { exec: { command } };
  if (how.startsWith("GET ")) return { httpGet: { port, path: how.slice(`GET :${port ?? ""}`.length) } };
  if (how.startsWith("tcp ")) return { tcpSocket: { port } };
  return how.startsWith("grpc ") ? { grpc: { port } } : {};
}

export function writePodStatus(status: PodStatus): Json {
  const { phase, reason, message, podIPs, hostIPs, conditions, ...others } = status;
  const { containerStatuses, initContainerStatuses, startTime, ...rest } = others;
  allTaken(rest);
  return {
    phase,
    reason: unless(reason, ""),
    message: unless(message, ""),
    podIP: podIPs[0],
    podIPs: podIPs.map((ip) => ({ ip })),
    hostIP: hostIPs[0],
    hostIPs: hostIPs.map((ip) => ({ ip })),
    conditions: conditions.map(writeCondition),
    containerStatuses: containerStatuses.map(writeContainerStatus),
    initContainerStatuses: initContainerStatuses.map(writeContainerStatus),
    startTime,
  };
}

export function writeCondition({ reason, message, ...condition }: Condition): Json {
  return { ...condition, reason: unless(reason, ""), message: unless(message, "") };
}

function writeContainerStatus({ state, lastState, ...status }: ContainerStatus): Json {
  return { ...status, state: state && writeState(state), lastState: lastState && writeState(lastState) };
}

function writeState({ type, ...state }: ContainerState): Json {
  return { [type]: state };
}
