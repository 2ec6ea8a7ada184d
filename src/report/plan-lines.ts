import { runsOf } from "../diagnosis/words.ts";
import { formatData } from "../dns/compare.ts";
import { keyParts } from "../plan/keys.ts";
import { nameRuns, shortName } from "../plan/names.ts";
import { byName, count, listed } from "../trace/words.ts";
import { locationText } from "./blocks.ts";
import type { ChangeDocument, EffectDocument, PlanDocument, PlannedRecordDocument } from "./plan-document.ts";

/** Changes of one kind that read alike, as one line. */
export interface ChangeLine {
  readonly sign: "+" | "-" | "~";
  /** `mysql-{3..4}.mysql`. */
  readonly names: string;
  readonly type: string;
  /** Whose records, or what became of them. */
  readonly what: string;
}

/** What a plan says of one Service, ready to be laid out. */
export interface ServiceLines {
  readonly title: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly changes: readonly ChangeLine[];
  /** What makes them, each once. */
  readonly because: readonly { readonly text: string; readonly place: string }[];
  readonly effects: readonly EffectDocument[];
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;
const KINDS = { headless: "headless", "cluster-ip": "with a cluster IP", "external-name": "an alias" } as const;
const ORDER = { "-": 0, "~": 1, "+": 2 } as const;

/** Services in the order in which they matter: lost records first. Effects that concern several are told at the first. */
export function serviceLines(document: PlanDocument): readonly ServiceLines[] {
  const changes = Map.groupBy(document.changes, ({ service }) => `${service.namespace}/${service.name}`);
  const effects = Map.groupBy(document.effects, ({ services }) => services[0] ?? "");
  const known = new Map(document.services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const keys = [...new Set([...known.keys(), ...[...effects.keys()].filter((key) => key !== "")])];
  const lines = keys.map((key): ServiceLines => {
    const { namespace, name } = keyParts(key);
    const service = known.get(key);
    const own = changes.get(key) ?? [];
    return {
      title: key,
      namespace,
      name,
      kind: service === undefined ? "" : kindText(service.before, service.after),
      changes: changeLines(own, namespace, document.clusterDomain),
      because: becauseLines(own),
      effects: effects.get(key) ?? [],
    };
  });
  return lines.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ changes, effects }: ServiceLines): number {
  if (effects.some(({ severity }) => severity === "error")) return 0;
  if (effects.some(({ severity }) => severity === "warning")) return 1;
  return changes.length > 0 ? 2 : 3;
}

type Kind = PlanDocument["services"][number]["before"];

function kindText(before: Kind, after: Kind): string {
  if (before === null) return after === null ? "" : `new, ${KINDS[after]}`;
  if (after === null) return `removed, was ${KINDS[before]}`;
  return before === after ? KINDS[after] : `${KINDS[before]} -> ${KINDS[after]}`;
}

function changeLines(changes: readonly ChangeDocument[], namespace: string, domain: string): readonly ChangeLine[] {
  const told = changes.map((change) => ({
    sign: SIGNS[change.change],
    name: shortName(change.name, namespace, domain),
    type: change.type,
    what: whatOf(change),
  }));
  // Names of single Pods say by themselves whose address they are.
  const groups = Map.groupBy(told, ({ sign, type, what, name }) =>
    isOwnAddress(name, what) ? `${sign} ${type}` : `${sign} ${type} ${what} ${name}`,
  );
  const lines = [...groups.values()].flatMap((group): readonly ChangeLine[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { sign, type, what } = first;
    if (group.length === 1) return [{ sign, names: first.name, type, what }];
    return nameRuns(group.map(({ name }) => name)).map((names) => ({ sign, names, type, what: "" }));
  });
  return lines.toSorted((a, b) => ORDER[a.sign] - ORDER[b.sign] || place(a) - place(b) || byName(a.names, b.names));
}

/** The Service's own name, its ports, its Pods, then reverse names. */
function place({ names, type }: ChangeLine): number {
  if (type === "PTR") return 3;
  return names.startsWith("_") ? 1 : names.includes(".") ? 2 : 0;
}

/** `mysql-3.mysql`, address of mysql-3. */
function isOwnAddress(name: string, what: string): boolean {
  return what.endsWith(` of ${name.slice(0, Math.max(0, name.indexOf(".")))}`) && !name.startsWith("_");
}

function whatOf({ type, change, added, removed, replaced, records }: ChangeDocument): string {
  if (change !== "changed") return recordsText(type, change === "added" ? added : removed);
  const parts = [
    ...(removed.length === 0 ? [] : [`${removed.length} of ${records.before} removed: ${recordsText(type, removed)}`]),
    ...(added.length === 0 ? [] : [`${added.length} added: ${recordsText(type, added)}`]),
    ...(replaced.length === 0 ? [] : [replacedText(type, replaced)]),
  ];
  return parts.join("; ");
}

function replacedText(type: string, replaced: ChangeDocument["replaced"]): string {
  const pairs = new Set(
    replaced.map(({ before, after }) => {
      if (type !== "SRV") return `${dataText(type, before)} -> ${dataText(type, after)}`;
      if (before.port !== null && after.port !== null && before.port !== after.port) {
        return `port ${before.port} -> ${after.port}`;
      }
      return after.data === null ? "targets become names made of the addresses" : "targets become other names";
    }),
  );
  const whose = replaced.length > 1 || type !== "CNAME" ? ofPods(replaced.map(({ after }) => after)) : "";
  return `${listed([...pairs])}${whose}`;
}

/** `addresses of mysql-{0..2}`, `10.0.0.7`, `port 3306 of mysql-{0..2}`. */
function recordsText(type: string, records: readonly PlannedRecordDocument[]): string {
  if (type === "PTR") return listed(records.map((record) => dataText(type, record)));
  const pods = records.filter(({ pod }) => pod !== null);
  const others = listed(records.filter(({ pod }) => pod === null).map((record) => dataText(type, record)));
  if (pods.length === 0) return others;
  const ports = [...new Set(pods.flatMap(({ port }) => (port === null ? [] : [port])))].sort((a, b) => a - b);
  const addresses = pods.length === 1 ? "address" : "addresses";
  const what =
    type === "SRV"
      ? ports.length === 0
        ? "ports"
        : `port${ports.length > 1 ? "s" : ""} ${listed(ports.map(String))}`
      : addresses;
  return `${what}${ofPods(pods)}${others === "" ? "" : `, ${others}`}`;
}

function dataText(type: string, { data, port }: PlannedRecordDocument): string {
  if (data !== null && typeof data === "object" && "target" in data) return `${data.target} port ${data.port}`;
  if (data !== null) return formatData(data);
  return type === "SRV" ? `port ${port ?? "?"}` : "a cluster IP";
}

/** ` of mysql-{0..2}`, ` of 3 Pods of web` where their names are not known yet. */
function ofPods(records: readonly PlannedRecordDocument[]): string {
  const names = [...new Set(records.flatMap(({ pod }) => (pod === null ? [] : [pod])))];
  const [toCome, known] = [names.filter((name) => name.includes("<")), names.filter((name) => !name.includes("<"))];
  const stems = Map.groupBy(toCome, (name) => name.slice(0, name.indexOf("<")).replace(/-$/, ""));
  const texts = [
    ...runsOf(known),
    ...[...stems].map(([stem, group]) => `${group.length === 1 ? "a Pod" : `${group.length} Pods`} of ${stem}`),
  ];
  return texts.length === 0 ? "" : ` of ${listed(texts)}`;
}

const MOST_REASONS = 6;

function becauseLines(changes: readonly ChangeDocument[]): ServiceLines["because"] {
  const found = new Map<string, { readonly text: string; readonly place: string }>();
  for (const { because } of changes) {
    for (const { message, field, location, object } of because) {
      const where = location === undefined ? "" : locationText(location);
      const place = [field ?? "", where].filter((part) => part !== "").join("  ");
      if (found.size < MOST_REASONS) found.set(`${message} ${object.namespace}`, { text: message, place });
    }
  }
  return [...found.values()];
}

/** What a plan comes to, in one line. */
export function summaryText({ summary, unchecked }: PlanDocument): string {
  const { records, names } = summary;
  const parts = [
    ...(names.lost === 0 ? [] : [`${count(names.lost, "name")} lost`]),
    ...(records.removed === 0 ? [] : [`${count(records.removed, "record")} removed`]),
    ...(records.replaced === 0 ? [] : [`${records.replaced} changed`]),
    ...(records.added === 0 ? [] : [`${records.added} added`]),
  ];
  if (parts.length > 0) return parts.join(", ");
  return unchecked.length === 0
    ? "no DNS record changes"
    : "no change of a DNS record is known, and not all could be told";
}
