import { labelText } from "../diagnosis/words.ts";
import { familiesOf } from "../kubernetes/endpoint-slices.ts";
import type { FieldPath } from "../objects/origin.ts";
import { isSame } from "../objects/same.ts";
import { isHeadless, type Service, type ServicePort } from "../objects/service.ts";
import { type Difference, fieldDiffers, onOneSide, type Reach } from "./difference.ts";

/** What differs between two versions of a Service, as far as its records depend on it; null where there is none. */
export function serviceDifferences(before: Service | null, after: Service | null): readonly Difference[] {
  if (before === null || after === null) {
    const one = before ?? after;
    if (one === null) return [];
    const text = `Service ${one.metadata.name} is ${after === null ? "removed" : "added"}`;
    return [onOneSide(one, text, { of: "service" })];
  }
  const { name } = after.metadata;
  const found: Difference[] = [];
  const differs = (field: FieldPath, text: string, reach: Reach = { of: "service" }): void =>
    void found.push(fieldDiffers(after, ["spec", ...field], text, reach));
  const [old, now] = [before.spec, after.spec];

  if (old.type !== now.type) differs(["type"], `Service ${name} changes from type ${old.type} to ${now.type}`);
  if (isHeadless(before) !== isHeadless(after)) {
    const kept = isHeadless(before) ? "stops being headless" : "becomes headless";
    differs(["clusterIP"], `Service ${name} ${kept}`);
  } else if (
    !isHeadless(after) &&
    old.clusterIP !== null &&
    now.clusterIP !== null &&
    old.clusterIP !== now.clusterIP
  ) {
    differs(["clusterIP"], `the cluster IP of Service ${name} changes from ${old.clusterIP} to ${now.clusterIP}`);
  }
  // The field is read of an alias only, and has no families beside it.
  const aliases = [old, now].filter(({ type }) => type === "ExternalName").length;
  if (aliases === 2 && old.externalName !== now.externalName) {
    const [from, to] = [old.externalName ?? "nothing", now.externalName ?? "nothing"];
    differs(["externalName"], `Service ${name} points to ${to} instead of ${from}`);
  }
  if (!isSame(old.selector, now.selector)) {
    const [from, to] = [old.selector, now.selector].map((one) => (one === null ? "nothing" : labelText(one)));
    differs(["selector"], `Service ${name} selects ${to} instead of ${from}`, { of: "members" });
  }
  if (aliases === 0 && !isSame(familiesOf(before), familiesOf(after))) {
    const field = isSame(old.ipFamilies, now.ipFamilies) ? "ipFamilyPolicy" : "ipFamilies";
    differs([field], `Service ${name} asks for ${familiesText(after)} instead of ${familiesText(before)}`);
  }
  if (old.publishNotReadyAddresses !== now.publishNotReadyAddresses) {
    const to = now.publishNotReadyAddresses ? "publishes Pods before they are Ready" : "publishes only Ready Pods";
    differs(["publishNotReadyAddresses"], `Service ${name} now ${to}`, { of: "members" });
  }
  if (!isSame(before.metadata.labels, after.metadata.labels)) {
    const text = `the labels of Service ${name} change, by which the Corefile may choose`;
    found.push(fieldDiffers(after, ["metadata", "labels"], text, { of: "service" }));
  }
  return [...found, ...portDifferences(before, after)];
}

function familiesText({ spec }: Service): string {
  const families = spec.ipFamilies.join(", ");
  const policy = spec.ipFamilyPolicy ?? "";
  return [families, policy].filter((part) => part !== "").join(" ") || "the cluster's first family";
}

/** A port of one side with its partner on the other, by name; without names by place. */
export interface PortPair {
  readonly before: ServicePort | null;
  readonly after: ServicePort | null;
  /** Its place in the list of the side that has it, the new one first. */
  readonly index: number;
}

/** Pairs the ports of two versions of a Service: by name and protocol, as names of SRV records are made of them. */
export function portPairs(before: Service, after: Service): readonly PortPair[] {
  const keyOf = ({ name, protocol }: ServicePort): string => `${name}/${protocol}`;
  const left = Map.groupBy(before.spec.ports.entries(), ([, port]) => keyOf(port));
  const pairs = after.spec.ports.map((port, index): PortPair => {
    const partner = left.get(keyOf(port))?.shift();
    return { before: partner?.[1] ?? null, after: port, index };
  });
  const gone = [...left.values()].flat().map(([index, port]): PortPair => ({ before: port, after: null, index }));
  return [...pairs, ...gone.sort((a, b) => a.index - b.index)];
}

function portDifferences(before: Service, after: Service): readonly Difference[] {
  const { name } = after.metadata;
  return portPairs(before, after).flatMap(({ before: old, after: now, index }): readonly Difference[] => {
    const reach: Reach = { of: "ports" };
    if (now === null) {
      if (old === null) return [];
      return [fieldDiffers(after, ["spec", "ports"], `Service ${name} no longer has port ${portText(old)}`, reach)];
    }
    const at = ["spec", "ports", index] as const;
    if (old === null) return [fieldDiffers(after, at, `Service ${name} gets port ${portText(now)}`, reach)];
    if (old.port === now.port && old.targetPort === now.targetPort) return [];
    const field = old.targetPort === now.targetPort || now.targetPort === now.port ? "port" : "targetPort";
    const text = `port ${portName(now)} of Service ${name} is ${numbers(now)} instead of ${numbers(old)}`;
    return [fieldDiffers(after, [...at, field], text, reach)];
  });
}

function numbers({ port, targetPort }: ServicePort): string {
  return port === targetPort ? String(port) : `${port} -> ${targetPort}`;
}

function portText(port: ServicePort): string {
  return port.name === "" ? numbers(port) : `${port.name} (${numbers(port)})`;
}

/** How a port is called: by its name, else by its number. */
export function portName({ name, port }: ServicePort): string {
  return name === "" ? String(port) : name;
}
