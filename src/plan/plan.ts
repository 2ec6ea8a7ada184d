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
import { membersOf } from "./members.ts";
import { type PodsCompared, type RecordChange, recordChanges } from "./record-change.ts";
import { hasName, type RecordSet } from "./record-set.ts";
import { serviceDifferences } from "./service-differences.ts";
import { type Side, sideOf } from "./side.ts";
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
      .map((one) => [keyOf(one), one]),
  );
  const doubts = unreadable(written.invalid);
  const byService = Map.groupBy(
    recordChanges(sides.before.records, sides.after.records, podsCompared(sides)),
    ({ service }) => service,
  );
  const changes: PlannedChange[] = [];
  const effects: Effect[] = [...zoneEffects(sides.before, sides.after)];
  const concerned = new Set<string>();
  const unchecked = new Set<string>();
  const behind = new Map<string, { readonly all: Set<string>; readonly headless: Set<string> }>();

  const keys = new Set([...sides.before.services.keys(), ...sides.after.services.keys(), ...byService.keys()]);
  for (const key of [...keys].sort(byName)) {
    const [before, after] = [sides.before.services.get(key), sides.after.services.get(key)];
    const group = groupOf(key, before, after, sides);
    for (const workload of group.workloads) {
      const known = behind.get(workload) ?? { all: new Set(), headless: new Set() };
      behind.set(workload, known);
      known.all.add(key);
      if (after !== undefined && isHeadless(after)) known.headless.add(key);
    }
    const found = (byService.get(key) ?? []).map((change) => ({ ...change, because: group.because(change) }));
    const sure = found.filter((change) => {
      const doubt =
        change.removed.length === 0 ? null : doubts(after === undefined ? serviceRef(key) : goneObject(change));
      if (doubt !== null) unchecked.add(doubt);
      return doubt === null;
    });
    const own: Effect[] = [];
    const { namespace, name } = partsOf(key);
    if (sure.length > 0) {
      own.push(...losses({ namespace, name, before: before ?? null, after: after ?? null, changes: sure }, sides));
    }
    if (after !== undefined && after !== before) own.push(...rejectedService(before ?? null, after, applying));
    if (before !== undefined && after !== undefined && after !== before) {
      own.push(...serviceEffects(before, after, sides), ...keptClusterIp(before, asWritten.get(key) ?? after));
    }
    if (sure.length > 0) concerned.add(key);
    changes.push(...sure);
    effects.push(...own);
  }
  effects.push(...workloadEffects(sides, behind, applying), ...keptByCluster(written));
  return {
    base: base.source,
    target: target ?? written.source,
    clusterDomain: sides.after.zone.domain.name,
    services: servicesOf(new Set([...concerned, ...effects.flatMap(({ services }) => services)]), sides),
    changes,
    names: {
      added: namesWithout(changes, "added", sides.before.records),
      lost: namesWithout(changes, "removed", sides.after.records),
    },
    effects: effects.sort(bySeverity),
    assumptions: assumptionsOf(sides),
    unchecked: [...unchecked, ...notRead(base, written)],
  };
}

function servicesOf(keys: ReadonlySet<string>, { before, after }: Sides): readonly PlannedService[] {
  return [...keys].sort(byName).map((key) => ({
    ...partsOf(key),
    before: kindOf(before.services.get(key)),
    after: kindOf(after.services.get(key)),
  }));
}

interface Sides {
  readonly before: Side;
  readonly after: Side;
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
    side.pods.get(`${partsOf(service).namespace}/${name}`);
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

interface Group {
  readonly workloads: ReadonlySet<string>;
  differences(): readonly Difference[];
  because(change: RecordChange): readonly Difference[];
}

/** What belongs to one Service, with its differences put together when they are first asked for. */
function groupOf(key: string, before: Service | undefined, after: Service | undefined, sides: Sides): Group {
  const members = [membersOf(before, sides.before), membersOf(after, sides.after)];
  const workloads = new Set(members.flatMap((one) => [...one.workloads]));
  let differences: readonly Difference[] | null = null;
  const find = (): readonly Difference[] => {
    const own = serviceDifferences(before ?? null, after ?? null);
    if (before === undefined || after === undefined) return own;
    const target = aliasOf(after, sides.after);
    // What an alias leads to changes without it.
    if (own.length === 0 && target !== null && target !== key) {
      return groupOf(target, sides.before.services.get(target), sides.after.services.get(target), sides).differences();
    }
    const { namespace, name } = partsOf(key);
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
  };
  const known = (): readonly Difference[] => {
    differences ??= find();
    return differences;
  };
  return { workloads, differences: known, because: (change) => becauseOf(change, known(), sides) };
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

type Behind = ReadonlyMap<string, { readonly all: ReadonlySet<string>; readonly headless: ReadonlySet<string> }>;

function workloadEffects({ before, after }: Sides, behind: Behind, applying: Applying): readonly Effect[] {
  return [...after.workloads.keys()].sort(byName).flatMap((key) => {
    const [old, now] = [before.workloads.get(key), after.workloads.get(key)];
    if (old === undefined || now === undefined || old === now) return [];
    const found = behind.get(key);
    const own = `${now.metadata.namespace}/${now.serviceName ?? ""}`;
    const [all, headless] = [governingFirst(found?.all, own), governingFirst(found?.headless, own)];
    return [
      ...immutableFields(old, now, all, applying),
      ...(headless.length === 0 ? [] : rolloutEffects(old, now, headless)),
    ];
  });
}

/** The Service below which the Pods have their names is the one to look at. */
function governingFirst(services: Iterable<string> = [], own: string): readonly string[] {
  return [...services].sort((a, b) => Number(b === own) - Number(a === own));
}

function bySeverity(a: Effect, b: Effect): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}

function kindOf(service: Service | undefined): ServiceKind {
  if (service === undefined) return null;
  if (service.spec.type === "ExternalName") return "external-name";
  return isHeadless(service) ? "headless" : "cluster-ip";
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function partsOf(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function serviceRef(key: string): ObjectRef {
  return { apiVersion: "v1", kind: "Service", ...partsOf(key) };
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
