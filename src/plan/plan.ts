import { once } from "../objects/kept.ts";
import type { ObjectRef } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../objects/snapshot-index.ts";
import { SEVERITIES } from "../rules/rule.ts";
import { byName } from "../trace/words.ts";
import { zoneOf } from "../trace/zone.ts";
import { becauseOf } from "./because.ts";
import { carriedOver } from "./carried-over.ts";
import type { Difference } from "./difference.ts";
import { assumptionsOf, notRead, unreadable } from "./doubts.ts";
import type { Applying, Effect } from "./effect.ts";
import { immutableFields } from "./effects/immutable.ts";
import { losses } from "./effects/losses.ts";
import { clusterIpKept, keptClusterIp, rejectedService } from "./effects/rejected.ts";
import { rolloutEffects } from "./effects/rollout.ts";
import { serviceEffects } from "./effects/service.ts";
import { zoneEffects } from "./effects/zone.ts";
import { keyParts, objectKey } from "./keys.ts";
import { membersOf } from "./members.ts";
import { type PodsCompared, type RecordChange, recordChanges } from "./record-change.ts";
import { hasName, type RecordSet } from "./record-set.ts";
import { serviceDifferences } from "./service-differences.ts";
import { type Side, type Sides, sideOf } from "./side.ts";
import { sliceDifferences } from "./slice-differences.ts";
import { podDifferences, selectorKeys, workloadDifferences } from "./workload-differences.ts";

/** How a Service answers; null where there is none. */
export type ServiceKind = "headless" | "cluster-ip" | "external-name" | null;

export interface PlannedChange extends RecordChange {
  /** What makes it, the nearest first. */
  readonly because: readonly Difference[];
}

/** A Service that a change concerns. */
export interface PlannedService {
  readonly namespace: string;
  readonly name: string;
  readonly before: ServiceKind;
  readonly after: ServiceKind;
}

export interface Plan {
  readonly base: Snapshot["source"];
  readonly target: Snapshot["source"];
  /** Of the new side, without its last dot. */
  readonly clusterDomain: string;
  /** Sorted by namespace and name, as changes are. */
  readonly services: readonly PlannedService[];
  readonly changes: readonly PlannedChange[];
  /** Names that begin to exist, and that cease to. */
  readonly names: { readonly added: number; readonly lost: number };
  /** Worst first. */
  readonly effects: readonly Effect[];
  /** What was taken for granted; whole sentences. */
  readonly assumptions: readonly string[];
  /** What could not be told, and why. */
  readonly unchecked: readonly string[];
}

export interface PlanRequest {
  readonly before: Snapshot;
  /** All objects after the change, also those that it leaves alone. */
  readonly after: Snapshot;
  /** What makes the difference, where that is not all of `after`. */
  readonly target?: Snapshot["source"];
  readonly applying: Applying;
}

/** The records that a change adds, changes and removes, what makes each of them, and what it means for clients. */
export function planOf({ before: base, after: written, target, applying }: PlanRequest): Plan {
  const beforeIndex = indexSnapshot(base);
  const sides = sidesOf(beforeIndex, indexSnapshot(carriedOver(beforeIndex, written)));
  const asWritten = new Map(
    indexSnapshot(written)
      .all("services")
      .map((one) => [objectKey(one), one]),
  );
  const doubtOf = unreadable(written.invalid);
  const byService = Map.groupBy(
    recordChanges(sides.before.records, sides.after.records, podsCompared(sides)),
    ({ service }) => service,
  );
  const keys = new Set([...sides.before.services.keys(), ...sides.after.services.keys(), ...byService.keys()]);
  const groups = [...keys].sort(byName).map((key) => groupOf(key, sides));
  const told = groups.map((group) => {
    const { changes, unchecked } = sureChanges(group, byService.get(group.key) ?? [], doubtOf);
    return { changes, unchecked, effects: groupEffects(group, changes, asWritten.get(group.key), sides, applying) };
  });
  const changes = told.flatMap((one) => one.changes);
  const effects = [
    ...zoneEffects(sides.before, sides.after),
    ...told.flatMap((one) => one.effects),
    ...workloadEffects(sides, groups, applying),
    ...keptByCluster(written),
  ].sort(bySeverity);
  const concerned = [...changes.map(({ service }) => service), ...effects.flatMap(({ services }) => services)];
  return {
    base: base.source,
    target: target ?? written.source,
    clusterDomain: sides.after.zone.domain.name,
    services: servicesOf(new Set(concerned), sides),
    changes,
    names: {
      added: namesWithout(changes, "added", sides.before.records),
      lost: namesWithout(changes, "removed", sides.after.records),
    },
    effects,
    assumptions: assumptionsOf(sides),
    unchecked: [...new Set(told.flatMap((one) => one.unchecked)), ...notRead(base, written)],
  };
}

/** A Service's changes with what makes them, without those that something unreadable may undo; and what that is. */
function sureChanges(
  { key, after, because }: Group,
  found: readonly RecordChange[],
  doubtOf: ReturnType<typeof unreadable>,
): Pick<Plan, "changes" | "unchecked"> {
  const explained = found.map((change) => ({ ...change, because: because(change) }));
  const doubts = explained.map((change) =>
    change.removed.length === 0 ? null : doubtOf(after === undefined ? serviceRef(key) : goneObject(change)),
  );
  return {
    changes: explained.filter((_, at) => doubts[at] === null),
    unchecked: doubts.filter((doubt) => doubt !== null),
  };
}

/** What a Service's changes mean; `written` is the new Service before anything was carried over. */
function groupEffects(
  { key, before, after }: Group,
  changes: readonly PlannedChange[],
  written: Service | undefined,
  sides: Sides,
  applying: Applying,
): readonly Effect[] {
  const changed = { ...keyParts(key), before: before ?? null, after: after ?? null, changes };
  const lost = changes.length === 0 ? [] : losses(changed, sides);
  if (after === undefined || after === before) return lost;
  const rejected = rejectedService(before ?? null, after, applying);
  if (before === undefined) return [...lost, ...rejected];
  return [...lost, ...rejected, ...serviceEffects(before, after, sides), ...keptClusterIp(before, written ?? after)];
}

function servicesOf(keys: ReadonlySet<string>, { before, after }: Sides): readonly PlannedService[] {
  return [...keys].sort(byName).map((key) => ({
    ...keyParts(key),
    before: kindOf(before.services.get(key)),
    after: kindOf(after.services.get(key)),
  }));
}

/** Where one side holds no Corefile, it is no change that the other does. */
function sidesOf(before: SnapshotIndex, after: SnapshotIndex): Sides {
  const [old, now] = [zoneOf(before), zoneOf(after)];
  const [oldKnown, nowKnown] = [old, now].map(({ corefile }) => corefile.source !== "assumed");
  return {
    before: sideOf(before, nowKnown && !oldKnown ? zoneOf(before, { corefile: now.corefile.text }) : old),
    after: sideOf(after, oldKnown && !nowKnown ? zoneOf(after, { corefile: old.corefile.text }) : now),
  };
}

function podsCompared({ before, after }: Sides): PodsCompared {
  const podOf = (side: Side, service: string, name: string): Pod | undefined =>
    side.pods.get(`${keyParts(service).namespace}/${name}`);
  return {
    inBefore: (service, pod) => podOf(before, service, pod) !== undefined,
    inAfter: (service, pod) => podOf(after, service, pod) !== undefined,
    anonymousMaker: (service, name) => {
      const [old, now] = [podOf(before, service, name), podOf(after, service, name)];
      const maker = now !== undefined ? after.ownerKey(now) : old === undefined ? null : before.ownerKey(old);
      return maker?.startsWith("StatefulSet/") === true ? null : maker;
    },
  };
}

/** A Service on both sides, with all that its records come from. */
interface Group {
  readonly key: string;
  readonly before: Service | undefined;
  readonly after: Service | undefined;
  /** Keys of the workloads behind it on either side. */
  readonly workloads: ReadonlySet<string>;
  differences(): readonly Difference[];
  because(change: RecordChange): readonly Difference[];
}

/** What belongs to one Service, with its differences put together when they are first asked for. */
function groupOf(key: string, sides: Sides): Group {
  const [before, after] = [sides.before.services.get(key), sides.after.services.get(key)];
  const members = [membersOf(before, sides.before), membersOf(after, sides.after)];
  const workloads = new Set(members.flatMap((one) => [...one.workloads]));
  const differences = once((): readonly Difference[] => {
    const own = serviceDifferences(before ?? null, after ?? null);
    if (before === undefined || after === undefined) return own;
    const target = aliasOf(after, sides.after);
    // What an alias leads to changes without it.
    if (own.length === 0 && target !== null && target !== key) {
      return groupOf(target, sides).differences();
    }
    const { namespace, name } = keyParts(key);
    const keys = selectorKeys([before, after]);
    const pods = new Set(members.flatMap((one) => [...one.pods]));
    const found = [
      ...own,
      ...[...workloads].sort().flatMap((one) => {
        const [old, now] = [sides.before.workloads.get(one), sides.after.workloads.get(one)];
        return old === now ? [] : workloadDifferences(old ?? null, now ?? null, keys);
      }),
      ...[...pods].sort().flatMap((one) => {
        const [old, now] = [sides.before.pods.get(one), sides.after.pods.get(one)];
        return old === now ? [] : podDifferences(old ?? null, now ?? null, keys);
      }),
      ...sliceDifferences(namespace, name, sides),
    ];
    return found.length > 0 ? found : corefileDifference(sides);
  });
  return { key, before, after, workloads, differences, because: (change) => becauseOf(change, differences(), sides) };
}

/** The Service that an ExternalName leads to, `namespace/name`; null where it leads out of the cluster, or is none. */
function aliasOf({ spec }: Service, { zone }: Side): string | null {
  if (spec.type !== "ExternalName") return null;
  const ending = `.svc.${zone.domain.name}`;
  const target = (spec.externalName ?? "").toLowerCase().replace(/\.$/, "");
  if (!target.endsWith(ending)) return null;
  const [namespace, name] = target.slice(0, -ending.length).split(".").reverse();
  return namespace === undefined || name === undefined ? null : `${namespace}/${name}`;
}

function corefileDifference({ before, after }: Sides): readonly Difference[] {
  const object = after.zone.dns.configMap ?? before.zone.dns.configMap;
  if (object === null || before.zone.corefile.text === after.zone.corefile.text) return [];
  const text = "the Corefile changes";
  return [{ object, field: ["data", "Corefile"], text, location: null, reach: { of: "service" } }];
}

/** Of manifests over a cluster what kubectl applied before tells it, as the cluster's own values are filled in there. */
function keptByCluster({ applied }: Snapshot): readonly Effect[] {
  return (applied?.kept ?? []).flatMap(({ object }) => (object.kind === "Service" ? [clusterIpKept(object)] : []));
}

function workloadEffects({ before, after }: Sides, groups: readonly Group[], applying: Applying): readonly Effect[] {
  const behind = Map.groupBy(
    groups.flatMap((group) => [...group.workloads].map((workload) => ({ workload, group }))),
    ({ workload }) => workload,
  );
  return [...after.workloads.keys()].sort(byName).flatMap((key) => {
    const [old, now] = [before.workloads.get(key), after.workloads.get(key)];
    if (old === undefined || now === undefined || old === now) return [];
    const services = (behind.get(key) ?? []).map(({ group }) => group);
    const own = `${now.metadata.namespace}/${now.serviceName ?? ""}`;
    const keysOf = (some: readonly Group[]): readonly string[] =>
      governingFirst(
        some.map((group) => group.key),
        own,
      );
    const headless = keysOf(services.filter((group) => group.after !== undefined && isHeadless(group.after)));
    return [
      ...immutableFields(old, now, keysOf(services), applying),
      ...(headless.length === 0 ? [] : rolloutEffects(old, now, headless)),
    ];
  });
}

/** The Service below which the Pods have their names is the one to look at. */
function governingFirst(services: readonly string[], own: string): readonly string[] {
  return services.toSorted((a, b) => Number(b === own) - Number(a === own));
}

function bySeverity(a: Effect, b: Effect): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}

function kindOf(service: Service | undefined): ServiceKind {
  if (service === undefined) return null;
  if (service.spec.type === "ExternalName") return "external-name";
  return isHeadless(service) ? "headless" : "cluster-ip";
}

function serviceRef(key: string): ObjectRef {
  return { apiVersion: "v1", kind: "Service", ...keyParts(key) };
}

/** The object whose absence alone makes a change; null where something else does, too. */
function goneObject({ because }: PlannedChange): ObjectRef | null {
  const [first] = because;
  return first !== undefined && because.every(({ field }) => field === null) ? first.object : null;
}

/** The names, reverse ones aside, of changes of one kind that have no record of any type in the other record set. */
function namesWithout(changes: readonly PlannedChange[], kind: RecordChange["change"], other: RecordSet): number {
  const names = new Set(changes.flatMap(({ change, name, type }) => (change === kind && type !== "PTR" ? [name] : [])));
  return [...names].filter((name) => !hasName(other, name)).length;
}

/** How many records the change takes away. */
export function recordsLost({ changes }: Pick<Plan, "changes">): number {
  return changes.reduce((sum, { removed }) => sum + removed.length, 0);
}
