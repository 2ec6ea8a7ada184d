import type { Container, PodSpec } from "../../../objects/pod.ts";

/**
 * Which fields a Pod's spec was made with, and of which containers, as one text that is equal for equal ones. Values are not
 * told: metadata.managedFields holds the names of fields (fieldsV1 of structured-merge-diff).
 */
export type MadeSpec = string;

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a container of which we look at more than the name. */
const OF_CONTAINERS = [
  "command",
  "args",
  "envFrom",
  "readinessProbe",
  "livenessProbe",
  "startupProbe",
  "restartPolicy",
];
/** Fields of a Pod that are only there where they are given. */
const OF_PODS = ["dnsConfig", "hostAliases", "hostNetwork", "setHostnameAsFQDN", "readinessGates"];

/** Writers whose fields are kept: Pods come by owner, and the Pods of one were mostly made with the same fields. */
const MOST_KEPT = 8;

/** Reads the fields that one writer wrote; null where the spec is not among them. Bytes like the last ones are read once. */
export function madeSpecs(): (raw: Buffer) => MadeSpec | null {
  let kept: readonly { readonly raw: Buffer; readonly spec: MadeSpec | null }[] = [];
  return (raw) => {
    const known = kept.find((one) => one.raw.equals(raw));
    if (known !== undefined) return known.spec;
    if (!raw.includes(SPEC)) return null;
    // The bytes are only lent.
    const made = { raw: Buffer.from(raw), spec: readFields(raw.toString("utf8")) };
    kept = [made, ...kept.slice(0, MOST_KEPT - 1)];
    return made.spec;
  };
}

const SPEC = Buffer.from('"f:spec"');

function readFields(text: string): MadeSpec | null {
  try {
    const spec = below(JSON.parse(text) as Fields, "f:spec");
    if (spec === null) return null;
    return textOf(
      OF_PODS.filter((name) => `f:${name}` in spec),
      [containersIn(spec, "f:initContainers"), containersIn(spec, "f:containers")],
    );
  } catch {
    // A writer of other fields than the API server's.
    return null;
  }
}

function containersIn(spec: Fields, list: string): readonly string[] {
  return keyed(below(spec, list)).map(([{ name }, fields]) => {
    const env = keyed(below(fields, "f:env")).map(([variable]) => String(variable.name));
    const given = OF_CONTAINERS.filter((field) => `f:${field}` in fields);
    return containerText(String(name), env, keyed(below(fields, "f:ports")).length, given);
  });
}

/** The entries of a list that is a map by some of its items' fields: `k:{"name":"main"}`. */
function keyed(list: Fields | null): readonly (readonly [Fields, Fields])[] {
  if (list === null) return [];
  return Object.keys(list).flatMap((key) => {
    const fields = below(list, key);
    return key.startsWith("k:") && fields !== null ? [[JSON.parse(key.slice(2)) as Fields, fields] as const] : [];
  });
}

function below(fields: Fields, key: string): Fields | null {
  const value = fields[key];
  return typeof value === "object" && value !== null ? (value as Fields) : null;
}

/** What a Pod's fields are where it is made from a template as it stands: nothing added on the way, and nothing taken away. */
export function specAsWritten(spec: PodSpec): MadeSpec {
  const given = OF_PODS.filter((name) => {
    if (name === "readinessGates" || name === "hostAliases") return spec[name].length > 0;
    const value = spec[name as "dnsConfig" | "hostNetwork" | "setHostnameAsFQDN"];
    return value !== null && value !== false;
  });
  return textOf(given, [spec.initContainers.map(writtenContainer), spec.containers.map(writtenContainer)]);
}

function writtenContainer(container: Container): string {
  const { name, env, ports, command, args, envFrom } = container;
  const given = OF_CONTAINERS.filter((field) => {
    if (field === "command") return command.length > 0;
    if (field === "args") return args.length > 0;
    if (field === "envFrom") return envFrom.length > 0;
    return container[field as "readinessProbe" | "restartPolicy"] !== null;
  });
  return containerText(
    name,
    env.map((variable) => variable.name),
    ports.length,
    given,
  );
}

function containerText(name: string, env: readonly string[], ports: number, given: readonly string[]): string {
  return JSON.stringify([name, [...env].sort(), ports, given]);
}

function textOf(given: readonly string[], containers: readonly (readonly string[])[]): MadeSpec {
  return JSON.stringify([given, containers.map((list) => [...list].sort())]);
}
