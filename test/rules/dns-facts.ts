// What a cluster tells of its DNS besides objects, written short for tables of cases.
import { complete, partial, unavailable } from "../../src/objects/collected.ts";
import type { AccessFact, ObservedAnswer, ObservedRecord, ReplicaObservation } from "../../src/objects/observation.ts";
import type { ConnectReply, ProbeReply, ProbeVantage } from "../../src/objects/probe.ts";
import type { ClusterDnsFacts } from "../../src/objects/snapshot.ts";

export interface DnsFactsCase {
  readonly access?: {
    /** `list endpointslices`: all else is allowed. */
    readonly denied?: readonly string[];
    /** Why it is denied. */
    readonly because?: string;
    /** Not all roles were read. */
    readonly gap?: string;
    readonly unavailable?: string;
  };
  /** Lines by Pod. */
  readonly logs?: Readonly<Record<string, readonly string[]>>;
  /**
   * What each replica answered, by Pod: `A web.default.svc.cluster.local. NOERROR ttl=30 10.0.0.1 10.0.0.2`, with `+cd`,
   * `again`, `tc`, `soa=30/1767225000` (TTL and serial) before the code, `FAILED no answer within 3 s`, and SRV data as
   * `0/50/3306/TARGET`. A Pod called `NAME (not ready)` is not.
   */
  readonly replicas?: Readonly<Record<string, readonly string[]>>;
  readonly observed?: { readonly partial?: string; readonly unavailable?: string };
  /** Addresses of the kubelets' configuration that no Service has. */
  readonly vacantNameServers?: readonly string[];
  /** What was seen from inside, place by place. */
  readonly probe?: readonly ProbeCase[];
  /** Why nothing was. */
  readonly probeFailed?: string;
}

interface ProbeCase {
  readonly node?: string;
  readonly client?: string;
  readonly namespace?: string;
  readonly nameservers?: readonly string[];
  readonly search?: readonly string[];
  /**
   * `10.96.0.10 udp A web.default.svc.cluster.local. NOERROR 10.0.0.1`: server (`-` for that of the resolv.conf), `udp`,
   * `plain` (without EDNS) or `tcp`, type, name, `tc` before the code, or `SILENT` or `MISSING` with a reason.
   */
  readonly replies?: readonly string[];
  /** `10.0.0.1 80 refused nc says so`, with `service` before the outcome where the port is the Service's only. */
  readonly connects?: readonly string[];
  /** In a Pod of ours under the client's policies, not in its own. */
  readonly like?: true;
  /** dig, where nothing else is said. */
  readonly tool?: "none";
  readonly lacks?: readonly string[];
}

const ACCOUNT = "system:serviceaccount:kube-system:coredns";
const RESOURCES = [
  ["", "namespaces"],
  ["", "services"],
  ["discovery.k8s.io", "endpointslices"],
  ["", "pods"],
] as const;

export function dnsFacts(given: DnsFactsCase): ClusterDnsFacts {
  const { access, logs = {}, replicas, observed = {} } = given;
  const observations = Object.entries(replicas ?? {}).map(([pod, lines], index) => replicaOf(pod, index, lines));
  return {
    access: access === undefined ? null : accessOf(access),
    logs: complete(Object.entries(logs).map(([name, lines]) => ({ pod: { namespace: "kube-system", name }, lines }))),
    observations:
      observed.unavailable !== undefined
        ? unavailable(observed.unavailable)
        : replicas === undefined
          ? null
          : observed.partial !== undefined
            ? partial(observations, observed.partial)
            : complete(observations),
    ...(given.vacantNameServers === undefined ? {} : { vacantNameServers: given.vacantNameServers }),
    ...(given.probeFailed === undefined ? {} : { probe: unavailable(given.probeFailed) }),
    ...(given.probe === undefined
      ? {}
      : { probe: { vantages: given.probe.map(vantageOf), changing: [], leftOut: [] } }),
  };
}

function vantageOf(given: ProbeCase): ProbeVantage {
  const { node = "node-1", client = null, namespace = "default", nameservers = ["10.96.0.10"], lacks = [] } = given;
  const { search = [`${namespace}.svc.cluster.local`] } = given;
  return {
    pod: { namespace, name: client === null || given.like ? `kheadless-probe-${node}` : client.slice("pod/".length) },
    node,
    client,
    tool: given.tool === "none" ? { name: "none", version: "" } : { name: "dig", version: "9.18.1" },
    resolvConf: { nameservers, search, options: ["ndots:5"] },
    replies: (given.replies ?? []).map(replyOf),
    connects: (given.connects ?? []).map(connectOf),
    lacks,
  };
}

function replyOf(line: string): ProbeReply {
  const [server = "", way = "", type = "", name = "", ...words] = line.split(/\s+/);
  const tc = words[0] === "tc";
  const [rcode = "", ...rest] = tc ? words.slice(1) : words;
  const route = {
    server: server === "-" ? null : server,
    port: 53,
    transport: way === "tcp" ? ("tcp" as const) : ("udp" as const),
    bufferSize: way === "udp" ? 1232 : null,
    checkingDisabled: false,
  };
  const asked = { ...route, name, type, round: 1 };
  if (rcode === "SILENT") return { ...asked, status: "silent", because: rest.join(" "), askedAt: null };
  if (rcode === "MISSING") return { ...asked, status: "missing", because: rest.join(" ") };
  return {
    ...asked,
    status: "answered",
    rcode,
    flags: { aa: true, tc, ra: false },
    answers: rest.map((data) => ({ name, type, ttl: 30, data: dataOf(data) })),
    additional: [],
    soa: null,
    rtt: 0.3,
    bytes: 100,
    from: null,
    askedAt: null,
  };
}

function connectOf(line: string): ConnectReply {
  const [address = "", port = "", ...words] = line.split(/\s+/);
  const service = words[0] === "service";
  const [status = "", ...because] = service ? words.slice(1) : words;
  return {
    address,
    port: Number(port),
    of: service ? "service" : "endpoint",
    round: 1,
    status: status as ConnectReply["status"],
    because: because.join(" "),
  };
}

function accessOf({ denied = [], because, gap, unavailable: why }: NonNullable<DnsFactsCase["access"]>) {
  if (why !== undefined) return unavailable(why);
  const facts = RESOURCES.flatMap(([group, resource]) =>
    ["list", "watch"].map((verb): AccessFact => {
      const allowed = !denied.includes(`${verb} ${resource}`);
      const by = "ClusterRole system:coredns (ClusterRoleBinding system:coredns)";
      return {
        account: ACCOUNT,
        verb,
        group,
        resource,
        allowed,
        because: allowed ? by : (because ?? "no role allows it"),
      };
    }),
  );
  return gap === undefined ? complete(facts) : partial(facts, gap);
}

function replicaOf(pod: string, index: number, lines: readonly string[]): ReplicaObservation {
  const name = pod.replace(" (not ready)", "");
  return {
    pod: { namespace: "kube-system", name },
    ip: `10.244.0.${index + 2}`,
    ready: name === pod,
    failure: null,
    answers: lines.map(answerOf),
  };
}

function answerOf(line: string): ObservedAnswer {
  const words = line.split(/\s+/);
  const take = (): string => words.shift() ?? "";
  const takeIf = (test: RegExp): string | null => (test.test(words[0] ?? "") ? take() : null);
  const [type, name] = [take(), take()];
  const checkingDisabled = takeIf(/^\+cd$/) !== null;
  const again = takeIf(/^again$/) !== null;
  const tc = takeIf(/^tc$/) !== null;
  const soa = takeIf(/^soa=/)?.slice(4).split("/").map(Number) ?? null;
  const question = { name, type, checkingDisabled, again, askedAt: "2026-01-01T00:00:00Z" };
  const rcode = take();
  if (rcode === "FAILED") return { ...question, status: "failed", because: words.join(" ") };
  const ttl = Number(takeIf(/^ttl=/)?.slice(4) ?? 30);
  return {
    ...question,
    status: "answered",
    rcode,
    flags: { aa: true, tc, ra: false },
    answers: words.map((data): ObservedRecord => ({ name, type, ttl, data: dataOf(data) })),
    additional: [],
    soa:
      soa === null
        ? null
        : {
            name: "cluster.local.",
            mname: "ns.dns.cluster.local.",
            ttl: soa[0] ?? 0,
            serial: soa[1] ?? 0,
            minimum: 30,
          },
    rtt: 1,
  };
}

function dataOf(text: string): ObservedRecord["data"] {
  const [priority, weight, port, target] = text.split("/");
  if (target === undefined) return text;
  return { priority: Number(priority), weight: Number(weight), port: Number(port), target };
}
