import { formatData } from "../dns/compare.ts";
import type { SrvData } from "../dns/records.ts";
import { isAddressLabel } from "../dns/service-endpoints.ts";
import { byName } from "../trace/words.ts";
import type { PlannedRecord, PlannedType, RecordSet, RRset } from "./record-set.ts";

/** A record that stays and says something else: another port, another target. */
export interface Replaced {
  readonly before: PlannedRecord;
  readonly after: PlannedRecord;
}

/** What becomes of the records of one type at one name. */
export interface RecordChange {
  readonly name: string;
  readonly type: PlannedType;
  /** `namespace/name`. */
  readonly service: string;
  readonly change: "added" | "removed" | "changed";
  /** Empty where the RRset is added. */
  readonly before: readonly PlannedRecord[];
  /** Empty where it is removed. */
  readonly after: readonly PlannedRecord[];
  readonly added: readonly PlannedRecord[];
  readonly removed: readonly PlannedRecord[];
  readonly replaced: readonly Replaced[];
  /** Seconds; null where there is no RRset. */
  readonly ttl: { readonly before: number | null; readonly after: number | null };
}

/**
 * What one record set has over another, sorted by Service, name and type. A record is told by its data, and where an
 * address is not known before the Pod exists by its Pod. Weights of SRV records follow from the number of endpoints, and
 * TTLs are one setting for all: neither is a change of a record.
 */
export function recordChanges(before: RecordSet, after: RecordSet, pods: PodsCompared): readonly RecordChange[] {
  const changes: RecordChange[] = [];
  for (const [key, old] of before) {
    const now = after.get(key);
    const { added, removed, replaced } = compareRecords(old, now ?? null, pods);
    if (added.length + removed.length + replaced.length === 0) continue;
    changes.push({ ...common(old, now ?? null), added, removed, replaced });
  }
  for (const [key, now] of after) {
    if (before.has(key)) continue;
    const added = now.records.filter((record) => !isReadressed(now, record, pods.inBefore));
    if (added.length > 0) changes.push({ ...common(null, now), added, removed: [], replaced: [] });
  }
  return changes.sort(byPlace);
}

type Common = Pick<RecordChange, "name" | "type" | "service" | "change" | "before" | "after" | "ttl">;

function common(before: RRset | null, after: RRset | null): Common {
  const { name, type } = (before ?? after) as RRset;
  // A reverse name may pass from one Service to another.
  const services = [before, after].flatMap((one) => (one === null ? [] : [one.service])).sort();
  return {
    name,
    type,
    service: services[0] ?? "",
    change: before === null ? "added" : after === null ? "removed" : "changed",
    before: before?.records ?? [],
    after: after?.records ?? [],
    ttl: { before: before?.ttl ?? null, after: after?.ttl ?? null },
  };
}

function byPlace(a: RecordChange, b: RecordChange): number {
  return byName(a.service, b.service) || byName(a.name, b.name) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}

/** What is known of the Pods behind records; a Pod by its name, its Service as `namespace/name`. */
export interface PodsCompared {
  inBefore(service: string, pod: string): boolean;
  inAfter(service: string, pod: string): boolean;
  /** Who makes the Pod, on whichever side it is, and gives no Pod a name of its own; null for a StatefulSet, and for nobody. */
  anonymousMaker(service: string, pod: string): string | null;
}

/** Pairs records off: what is the same, then what may be, then what took the other's place. */
function compareRecords(
  { type, service, records }: RRset,
  now: RRset | null,
  pods: PodsCompared,
): Pick<RecordChange, "added" | "removed" | "replaced"> {
  const known = pairOff(records, now?.records ?? [], (record) => dataKey(record));
  const toCome = pairOff(known.before, known.after, (record) => holderKey(type, record), mayBeSame);
  const holders = pairOff(toCome.before, toCome.after, (record) => holderKey(type, record));
  // Pods that are made again under other names are no loss.
  const remade = pairOff(holders.before, holders.after, ({ pod }) =>
    pod === null ? null : pods.anonymousMaker(service, pod),
  );
  const moved = remade.pairs.filter(
    ({ before: { port }, after }) => port !== null && after.port !== null && port !== after.port,
  );
  return {
    added: remade.after.filter((record) => !isReadressed({ type, service }, record, pods.inBefore)),
    removed: remade.before.filter((record) => !isReadressed({ type, service }, record, pods.inAfter)),
    replaced: [...holders.pairs, ...moved],
  };
}

/** Of the two sides one does not know the address yet, or the name that will be made of it. */
function mayBeSame(before: PlannedRecord, after: PlannedRecord): boolean {
  if (before.data !== null && after.data !== null) return false;
  if (before.port !== null && after.port !== null && before.port !== after.port) return false;
  const known = before.data ?? after.data;
  return !isSrv(known) || isAddressLabel(known.target.slice(0, known.target.indexOf(".")));
}

/** A reverse name that goes because its Pod gets another address, or that comes so, is not the change's doing. */
function isReadressed(
  { type, service }: Pick<RRset, "type" | "service">,
  { pod }: PlannedRecord,
  isOnOtherSide: (service: string, pod: string) => boolean,
): boolean {
  return type === "PTR" && pod !== null && isOnOtherSide(service, pod);
}

interface PairedOff {
  readonly pairs: readonly Replaced[];
  /** What has no partner on the other side. */
  readonly before: readonly PlannedRecord[];
  readonly after: readonly PlannedRecord[];
}

/** Pairs of records with the same key that fit; a null key has no partner. */
function pairOff(
  before: readonly PlannedRecord[],
  after: readonly PlannedRecord[],
  keyOf: (record: PlannedRecord) => string | null,
  fits: (before: PlannedRecord, after: PlannedRecord) => boolean = () => true,
): PairedOff {
  if (before.length === 0 || after.length === 0) return { pairs: [], before, after };
  const waiting = Map.groupBy(after, keyOf);
  const pairs: Replaced[] = [];
  const taken = new Set<PlannedRecord>();
  const left = before.filter((record) => {
    const key = keyOf(record);
    const candidates = key === null ? undefined : waiting.get(key);
    const [partner] = candidates ?? [];
    if (candidates === undefined || partner === undefined || !fits(record, partner)) return true;
    candidates.shift();
    taken.add(partner);
    pairs.push({ before: record, after: partner });
    return false;
  });
  return { pairs, before: left, after: after.filter((record) => !taken.has(record)) };
}

/** null where the data is not known yet. */
function dataKey({ data }: PlannedRecord): string | null {
  if (data === null) return null;
  return isSrv(data) ? `${data.port} ${data.target}` : formatData(data);
}

/** Whose record it is, whatever it says; null where it is nobody's in particular. */
function holderKey(type: PlannedType, { data, pod, object }: PlannedRecord): string | null {
  if (type === "CNAME") return "target";
  if (type === "PTR") return null;
  if (pod !== null) return `Pod ${pod}`;
  if (isSrv(data)) return data.target;
  return object?.kind === "Service" ? "cluster IP" : null;
}

function isSrv(data: PlannedRecord["data"]): data is SrvData {
  return data !== null && typeof data === "object" && "target" in data;
}
