import { reverseName } from "../dns/name.ts";
import { RECORD_TYPES, type RecordType } from "../dns/records.ts";
import { predict } from "../dns/zone.ts";
import { parseIp } from "../kubernetes/ip.ts";
import type { DnsQuestion } from "../objects/observation.ts";
import type { Errand, Lane, ProbeConnect, Route } from "../objects/probe.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { answeredAddresses } from "./answered.ts";
import { namespaceLookups } from "./lookups.ts";
import { doctorQuestions, observationPlan } from "./questions.ts";
import type { SubjectName } from "./subjects.ts";
import type { ClusterZone } from "./zone.ts";

/** What dig asks in seconds, and a log carries with ease. */
const MOST_QUESTIONS = 4_000;
/** Where nobody answers, each takes its time. */
const MOST_CONNECTS = 64;
const MOST_DOUBTS = 100;
/** Names behind addresses are asked for a few: they show the same again. */
const MOST_REVERSE = 10;
/** What most clients offer with EDNS, and flag day 2020 recommends. */
const EDNS_SIZE = 1232;
const DNS_PORT = 53;

/** What somebody wants to know from inside. */
export interface Wanted {
  readonly questions: readonly Pick<DnsQuestion, "name" | "type">[];
  readonly connects: readonly ProbeConnect[];
  /** `--count`. */
  readonly rounds: number;
  /** Whether to ask the replicas past their caches at once, as there is no second time (planDoubts). */
  readonly pastCaches: boolean;
  /** See Errand. */
  readonly nonce: string;
  readonly budget: number;
}

/**
 * Puts the questions by every way that tells something: to the name servers of the resolv.conf as clients ask, to the
 * Service of cluster DNS over UDP with and without EDNS and over TCP, and to each replica over UDP and over TCP. What goes to upstream resolvers is asked once. What is too much is left out from the end, and said.
 */
export function planErrand(
  index: SnapshotIndex,
  zone: ClusterZone,
  wanted: Wanted,
): { readonly errand: Errand; readonly leftOut: readonly string[] } {
  const questions = distinct(wanted.questions);
  const inside = questions.filter(({ name, type }) => !isOutside(zone, name, type));
  const usual = serverRoutes(index, zone);
  const routes = wanted.pastCaches ? [...usual, ...replicaRoutes(index, zone).map(pastCache)] : usual;
  const perRound = questions.length + routes.length * inside.length;
  const most = MOST_QUESTIONS / wanted.rounds;
  // All ways of a question are kept, or none.
  const kept =
    perRound <= most
      ? questions
      : questions.slice(0, Math.max(1, Math.floor((questions.length * most) / Math.max(1, perRound))));
  const keptInside = kept.filter((question) => inside.includes(question));
  const connects = wanted.connects.slice(0, MOST_CONNECTS);
  const lanes: readonly Lane[] = [
    { route: RESOLV_CONF, questions: kept },
    ...routes.map((route) => ({ route, questions: keptInside })),
  ].filter((lane) => lane.questions.length > 0);
  const { nonce, rounds, budget } = wanted;
  return {
    errand: { nonce, lanes, connects, rounds, budget },
    leftOut: [
      ...leftOut(kept.length, questions.length, "questions"),
      ...leftOut(connects.length, wanted.connects.length, "connections"),
    ],
  };
}

function leftOut(kept: number, all: number, what: string): readonly string[] {
  return kept === all ? [] : [`only the first ${kept} of ${all} ${what} were put`];
}

function distinct(questions: Wanted["questions"]): Wanted["questions"] {
  return [...new Map(questions.map(({ name, type }) => [`${type} ${name}`, { name, type }])).values()];
}

function isOutside({ zone }: ClusterZone, name: string, type: string): boolean {
  const known = RECORD_TYPES.find((one) => one === type);
  if (known === undefined) return false;
  const prediction = predict(zone, name, known);
  return !prediction.known && prediction.cause === "forwarded";
}

const RESOLV_CONF: Route = {
  server: null,
  port: DNS_PORT,
  transport: "udp",
  bufferSize: EDNS_SIZE,
  checkingDisabled: false,
};

const BY_TCP = { transport: "tcp", bufferSize: null } as const;

function serverRoutes(index: SnapshotIndex, zone: ClusterZone): readonly Route[] {
  const addresses = (zone.dns.service?.spec.clusterIPs ?? []).filter((ip) => parseIp(ip) !== null);
  const { replicas } = observationPlan(() => []).replicas(index.snapshot);
  const route = (server: string, port: number, given: Partial<Route> = {}): Route => ({
    ...RESOLV_CONF,
    server,
    port,
    ...given,
  });
  return [
    ...addresses.flatMap((ip) => [
      route(ip, DNS_PORT),
      route(ip, DNS_PORT, { bufferSize: null }),
      route(ip, DNS_PORT, BY_TCP),
    ]),
    ...replicas
      .filter(({ ip, ready }) => ready && parseIp(ip) !== null)
      .flatMap(({ ip, port }) => [route(ip, port), route(ip, port, BY_TCP)]),
  ];
}

/** To each replica at its own address, over TCP. */
function replicaRoutes(index: SnapshotIndex, zone: ClusterZone): readonly Route[] {
  const service = zone.dns.service?.spec.clusterIPs ?? [];
  return serverRoutes(index, zone).filter(
    ({ server, transport }) => transport === "tcp" && server !== null && !service.includes(server),
  );
}

function pastCache(route: Route): Route {
  return { ...route, checkingDisabled: true };
}

/**
 * Asks every replica once more what could not be so by what was read, and past its cache, where nothing of what others asked
 * plainly is kept. Only then: whoever asks past a cache leaves an answer there, too.
 */
export function planDoubts(
  index: SnapshotIndex,
  zone: ClusterZone,
  doubts: Wanted["questions"],
  given: Errand,
): Errand {
  const ways = replicaRoutes(index, zone).flatMap((route) => [route, pastCache(route)]);
  const questions = doubts.map(({ name, type }) => ({ name, type })).slice(0, MOST_DOUBTS);
  return { ...given, lanes: ways.map((route) => ({ route, questions })), connects: [], rounds: 1 };
}

/** Every name that Services should publish, with the names behind the first addresses. */
export function serviceQuestions(
  index: SnapshotIndex,
  zone: ClusterZone,
  subjects: readonly SubjectName[],
  types: readonly RecordType[],
): Wanted["questions"] {
  const asked = doctorQuestions(index, zone, subjects);
  const reverse = addressesOf(index, subjects)
    .slice(0, MOST_REVERSE)
    .flatMap(({ address }) => reverseName(address) ?? [])
    .map((name) => ({ name, type: "PTR" }));
  const all = [...asked, ...reverse];
  // The start of authority is no question of the user's: its serial tells what a replica last saw.
  return types.length === 0 ? all : all.filter(({ type }) => type === "SOA" || types.some((one) => one === type));
}

function addressesOf(index: SnapshotIndex, subjects: readonly Pick<SubjectName, "namespace" | "name">[]) {
  const lookups = namespaceLookups(index);
  return subjects.flatMap(({ namespace, name }) => answeredAddresses(lookups.slicesOf(namespace, name)));
}

/**
 * Where clients of Services connect to over TCP: for a headless one each published address on the endpoint's port, and on
 * the Service's own where that is another, as some believe; else the cluster IPs.
 */
export function serviceConnects(
  index: SnapshotIndex,
  subjects: readonly Pick<SubjectName, "namespace" | "name">[],
): readonly ProbeConnect[] {
  const connects = subjects.flatMap(({ namespace, name }) => {
    const service = index.named("services", name).find(({ metadata }) => metadata.namespace === namespace);
    const own = (service?.spec.ports ?? []).filter(({ protocol }) => protocol === "TCP");
    const vips = (service?.spec.clusterIPs ?? []).filter((ip) => parseIp(ip) !== null);
    if (vips.length > 0)
      return vips.flatMap((address) => own.map(({ port }) => ({ address, port, of: "endpoint" as const })));
    return addressesOf(index, [{ namespace, name }]).flatMap(({ slice, address }) =>
      parseIp(address) === null
        ? []
        : slice.ports.flatMap(({ name: portName, port, protocol }) => {
            if (protocol !== "TCP" || port === null) return [];
            const meant = own.find((one) => one.name === portName)?.port;
            return [
              { address, port, of: "endpoint" as const },
              ...(meant === undefined || meant === port ? [] : [{ address, port: meant, of: "service" as const }]),
            ];
          }),
    );
  });
  return [...new Map(connects.map((one) => [`${one.address} ${one.port}`, one])).values()];
}
