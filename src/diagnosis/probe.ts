import { formatData } from "../dns/compare.ts";
import { canonicalName } from "../dns/name.ts";
import { type CandidateOutcome, walkSearch } from "../dns/search.ts";
import type { ConnectReply, Route, SeenResolvConf } from "../objects/probe.ts";
import type { ProbedQuestion, ProbedReply, ProbedVantage } from "../trace/probed.ts";
import type { CandidateDocument, ObservedDocument, ResolutionDocument } from "./resolution/document.ts";

/** Milliseconds. */
export interface Latency {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What came back to a question from one place, by one way, over all rounds. */
export interface ProbedDocument extends ObservedDocument {
  /** `node-1` or the Pod's name: where it was asked from. */
  readonly vantage: string;
  readonly protocol: Route["transport"];
  /** The UDP size that EDNS offered; null without EDNS. */
  readonly edns: number | null;
  /** Asked past the cache. */
  readonly checkingDisabled: boolean;
  /** The answer was cut. */
  readonly truncated: boolean;
  /** How often it was asked, and how often no answer came. */
  readonly sent: number;
  readonly lost: number;
  readonly latency: Latency | null;
  /** Round by round; null where no answer came. */
  readonly rcodes: readonly (string | null)[];
}

/** A server as it answered from one place by one way. */
export interface ServerDocument {
  /** `kube-dns (10.96.0.10)`, `coredns-abc (10.244.0.29)`, `resolv.conf (10.96.0.10)`. */
  readonly server: string;
  readonly protocol: Route["transport"];
  readonly edns: number | null;
  readonly checkingDisabled: boolean;
  readonly sent: number;
  readonly lost: number;
  /** Questions that were not put, or of which the log does not tell. */
  readonly missing: number;
  readonly truncated: number;
  /** Answers that are not as predicted. */
  readonly differing: number;
  readonly latency: Latency | null;
  readonly because: string;
}

export interface ConnectDocument {
  readonly address: string;
  readonly port: number;
  readonly of: ConnectReply["of"];
  readonly pod: string | null;
  readonly status: ConnectReply["status"];
  /** Of how many attempts so many opened. */
  readonly sent: number;
  readonly open: number;
  readonly because: string;
}

/** A place that was asked from. */
export interface VantageDocument {
  /** `shop/kheadless-probe-x7k2p`; null where no Pod came to run on the node. */
  readonly pod: string | null;
  readonly node: string;
  /** `pod/web-0`: in whose place. */
  readonly client: string | null;
  readonly tool: string;
  readonly resolvConf: SeenResolvConf | null;
  readonly asksClusterDns: boolean | null;
  readonly servers: readonly ServerDocument[];
  readonly connects: readonly ConnectDocument[];
  readonly lacks: readonly string[];
}

/** What probe tells of one name. */
export interface ProbeNameDocument extends Omit<ResolutionDocument, "candidates"> {
  readonly candidates: readonly (Omit<CandidateDocument, "observed"> & {
    readonly observed: readonly ProbedDocument[];
  })[];
}

/** All that probe tells. */
export interface ProbeDocument {
  readonly names: readonly ProbeNameDocument[];
  readonly vantages: readonly VantageDocument[];
}

/** Puts what was seen beside the predictions of each name. `resolves` is what clients there really get, not what they should. */
export function probeDocument(
  names: readonly ResolutionDocument[],
  vantages: readonly ProbedVantage[],
  questions: readonly ProbedQuestion[],
  /** Places from which could not be asked. */
  failed: readonly { readonly node: string; readonly because: string }[],
  podOf: (address: string) => string | null,
): ProbeDocument {
  const found = new Map(questions.map((question) => [`${question.type} ${question.name}`, question]));
  const dns = serviceName(vantages);
  return {
    names: names.map((name) => {
      const candidates = name.candidates.map((candidate) => ({
        ...candidate,
        observed: candidate.predicted.flatMap(({ type }) => {
          const question = found.get(`${type} ${candidate.name}`);
          return question === undefined ? [] : observedOf(question, dns);
        }),
      }));
      const unchecked = [...new Set(vantages.flatMap(({ lacks }) => lacks))].map((reason) => ({ reason }));
      const { unchecked: _, ...rest } = name;
      return {
        ...rest,
        candidates,
        resolves: resolvesFrom(name.question.name, candidates, vantages),
        ...(unchecked.length === 0 ? {} : { unchecked }),
        notes: notesOf(name, vantages),
      };
    }),
    vantages: [
      ...vantages.map((vantage) => vantageOf(vantage, questions, dns, podOf)),
      ...failed.map(({ node, because }) => ({ ...NOTHING_SEEN, node, lacks: [because] })),
    ],
  };
}

/** Here the search list is known: what it holds besides the cluster's domains was not asked for, and is said. */
function notesOf({ notes, candidates }: ResolutionDocument, vantages: readonly ProbedVantage[]): readonly string[] {
  const read = vantages.every(({ resolvConf }) => resolvConf !== null);
  const searched = candidates.length > 1 ? vantages.flatMap(({ resolvConf }) => resolvConf?.search ?? []) : [];
  const more = [...new Set(searched)].filter(
    (domain) => !candidates.some(({ name }) => name.endsWith(`.${domain.toLowerCase().replace(/\.$/, "")}.`)),
  );
  return [
    ...notes.filter((note) => !read || !note.startsWith("The Node's own search domains")),
    ...(more.length === 0 ? [] : [`The search list goes on with ${more.join(", ")}: names below were not asked for.`]),
  ];
}

const NOTHING_SEEN: Omit<VantageDocument, "node" | "lacks"> = {
  pod: null,
  client: null,
  tool: "none",
  resolvConf: null,
  asksClusterDns: null,
  servers: [],
  connects: [],
};

function serviceName(vantages: readonly ProbedVantage[]): (ip: string | null, vantage: ProbedVantage) => string {
  const known = new Map(vantages.flatMap(({ servers }) => servers.map((server) => [server.ip, server])));
  return (ip, vantage) => {
    if (ip === null) return `resolv.conf (${vantage.resolvConf?.nameservers[0] ?? "not read"})`;
    const server = known.get(ip);
    return `${server?.what === "service" ? "cluster DNS" : (server?.pod ?? "server")} (${ip})`;
  };
}

type ServerName = ReturnType<typeof serviceName>;

function placeOf({ node, pod, client }: Pick<ProbedVantage, "node" | "pod" | "client">): string {
  return client ?? (node === "" ? pod.name : node);
}

/** One entry for each place and way, in the order of the asking. */
function observedOf({ replies }: ProbedQuestion, serverName: ServerName): readonly ProbedDocument[] {
  const groups = Map.groupBy(replies, ({ vantage, reply }) => `${placeOf(vantage)} ${routeKey(reply)}`);
  return [...groups.values()].flatMap((group): readonly ProbedDocument[] => {
    const told = group.filter(({ reply }) => reply.status !== "missing");
    // What differs is worth more than what agrees: of many rounds, the one is shown that a reader must see.
    const shown = told.find(({ comparison }) => comparison.agrees === false) ?? told.at(-1) ?? group[0];
    if (shown === undefined) return [];
    const { reply, vantage, comparison } = shown;
    return [
      {
        type: reply.type as ObservedDocument["type"],
        server: serverName(reply.server, vantage),
        rcode: reply.status === "answered" ? reply.rcode : null,
        answers: reply.status === "answered" ? reply.answers : [],
        agrees: comparison.agrees,
        differences: comparison.agrees === false ? comparison.differences : [],
        cached: comparison.agrees === true && comparison.cached,
        failure: reply.status === "answered" ? null : reply.because,
        vantage: placeOf(vantage),
        ...waysOf(reply),
        truncated: reply.status === "answered" && reply.flags.tc,
        ...countsOf(group),
        rcodes: told.map((one) => (one.reply.status === "answered" ? one.reply.rcode : null)),
      },
    ];
  });
}

function routeKey({ server, port, transport, bufferSize, checkingDisabled }: Route): string {
  return `${server} ${port} ${transport} ${bufferSize} ${checkingDisabled}`;
}

function waysOf({ transport, bufferSize, checkingDisabled }: Route) {
  return { protocol: transport, edns: bufferSize, checkingDisabled };
}

function countsOf(replies: readonly ProbedReply[]): Pick<ProbedDocument, "sent" | "lost" | "latency"> {
  const told = replies.filter(({ reply }) => reply.status !== "missing");
  const times = told.flatMap(({ reply }) => (reply.status === "answered" && reply.rtt !== null ? [reply.rtt] : []));
  return {
    sent: told.length,
    lost: told.filter(({ reply }) => reply.status === "silent").length,
    latency: latencyOf(times),
  };
}

function latencyOf(times: readonly number[]): Latency | null {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (place: number): number => sorted[Math.floor(place)] ?? 0;
  return sorted.length === 0 ? null : { min: at(0), median: at(sorted.length / 2), max: at(sorted.length - 1) };
}

/** Whether the name resolves at each place, by what came from the name servers of its resolv.conf; false wins over unknown. */
function resolvesFrom(
  name: string,
  candidates: ProbeNameDocument["candidates"],
  vantages: readonly ProbedVantage[],
): boolean | null {
  const written = canonicalName(name);
  const each = vantages.map((vantage) => {
    const place = placeOf(vantage);
    const outcomes = candidates.map(({ name: candidate, observed }): CandidateOutcome => {
      if (written.ok && !isSearched(candidate, written.text, vantage.resolvConf)) return "unknown";
      const own = observed.filter(({ vantage, server }) => vantage === place && server.startsWith("resolv.conf "));
      if (own.some(({ rcode, answers, lost }) => rcode !== null && answers.length > 0 && lost === 0)) return "answers";
      if (own.some(({ sent, lost }) => sent > 0 && lost > 0)) return "refused";
      if (own.length === 0 || own.some(({ sent }) => sent === 0)) return "unknown";
      if (own.every(({ rcode }) => rcode === "NXDOMAIN")) return "nxdomain";
      return own.some(({ rcode }) => rcode === "NOERROR") ? "nodata" : "servfail";
    });
    const { status } = walkSearch(
      candidates.map((candidate, at) => ({
        outcome: outcomes[at] ?? "unknown",
        asIs: written.ok && candidate.name === written.text,
      })),
    );
    return status === "unknown" ? null : status === "answers";
  });
  if (each.includes(false)) return false;
  return each.length === 0 || each.includes(null) ? null : true;
}

/** Whether clients there come to ask for the candidate: a domain that their search list lacks completes nothing. */
function isSearched(candidate: string, written: string, resolvConf: SeenResolvConf | null): boolean {
  if (resolvConf === null || candidate === written || !candidate.startsWith(written)) return true;
  const domain = candidate.slice(written.length, -1);
  return resolvConf.search.some((one) => one.toLowerCase().replace(/\.$/, "") === domain);
}

function vantageOf(
  vantage: ProbedVantage,
  questions: readonly ProbedQuestion[],
  serverName: ServerName,
  podOf: (address: string) => string | null,
): VantageDocument {
  const { pod, node, client, tool, resolvConf, asksClusterDns, connects, lacks } = vantage;
  const own = questions.flatMap(({ replies }) => replies.filter((one) => one.vantage === vantage));
  return {
    pod: `${pod.namespace}/${pod.name}`,
    node,
    client,
    tool: `${tool.name} ${tool.version}`.trim(),
    resolvConf,
    asksClusterDns,
    servers: [...Map.groupBy(own, ({ reply }) => routeKey(reply)).values()].flatMap((group) =>
      serverOf(group, serverName),
    ),
    connects: [...Map.groupBy(connects, ({ address, port }) => `${address} ${port}`).values()].flatMap((attempts) =>
      connectOf(attempts, podOf),
    ),
    lacks,
  };
}

function serverOf(group: readonly ProbedReply[], serverName: ServerName): readonly ServerDocument[] {
  const [first] = group;
  if (first === undefined) return [];
  const silent = group.map(({ reply }) => reply).find(({ status }) => status === "silent");
  const counted = (matches: (one: ProbedReply) => boolean): number => group.filter(matches).length;
  return [
    {
      server: serverName(first.reply.server, first.vantage),
      ...waysOf(first.reply),
      ...countsOf(group),
      missing: counted(({ reply }) => reply.status === "missing"),
      truncated: counted(({ reply }) => reply.status === "answered" && reply.flags.tc),
      differing: counted(({ comparison, reply }) => comparison.agrees === false && reply.status === "answered"),
      because: silent !== undefined && "because" in silent ? silent.because : "",
    },
  ];
}

function connectOf(
  attempts: readonly ConnectReply[],
  podOf: (address: string) => string | null,
): readonly ConnectDocument[] {
  const worst = attempts.find(({ status }) => status !== "open") ?? attempts[0];
  if (worst === undefined) return [];
  const { address, port, of, status, because } = worst;
  const tried = attempts.filter((one) => one.status !== "missing");
  const open = tried.filter((one) => one.status === "open").length;
  return [{ address, port, of, pod: podOf(address), status, sent: tried.length, open, because }];
}

/** `10.244.0.7`, `NXDOMAIN`, `no answer (timed out)`: what one entry says. */
export function saidBy({ rcode, answers, failure }: Pick<ObservedDocument, "rcode" | "answers" | "failure">): string {
  if (failure !== null) return `no answer (${failure})`;
  if (answers.length === 0) return rcode === "NOERROR" ? "NODATA" : (rcode ?? "no answer");
  return answers.map(({ data }) => formatData(data)).join(", ");
}
