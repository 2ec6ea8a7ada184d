import type { Labels } from "../objects/meta.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyRule } from "../objects/others.ts";
import type { Protocol } from "../objects/service.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { parseIp } from "./ip.ts";
import { matchesSelector } from "./label-selector.ts";

/** Where a client wants to send to; what is not known of it leaves the answer open. */
export interface EgressTarget {
  readonly namespace: string;
  /** Of the namespace; null where only the label with its name, which every namespace has, is known. */
  readonly namespaceLabels: Labels | null;
  /** The Pods behind it; null where they were not read. */
  readonly pods: readonly { readonly labels: Labels; readonly ips: readonly string[] }[] | null;
  /** Labels that such Pods have nearly everywhere, for where they were not read. */
  readonly usualLabels: Labels;
  /** Addresses in front of the Pods: whether policies see them or the Pods' own differs between network plug-ins. */
  readonly virtualIps: readonly string[];
  /** By protocol the ports that the Pods listen on, with the names of the containers' ports. */
  readonly ports: Readonly<Partial<Record<Protocol, readonly TargetPort[]>>>;
}

export interface TargetPort {
  readonly number: number;
  /** "" where it has none. */
  readonly name: string;
}

/** `unknown`: it hangs on what was not read. */
export type Passage = "open" | "closed" | "unknown";

export interface Egress {
  readonly passage: Passage;
  /** The policies that select the client for egress. */
  readonly policies: readonly NetworkPolicy[];
}

/**
 * Whether NetworkPolicies of the client's namespace let it send to a target. Policies only add up: without one that
 * selects the client for egress everything is open, else what any of them allows (networking.k8s.io/v1 NetworkPolicySpec).
 */
export function egressTo(
  all: readonly NetworkPolicy[],
  client: { readonly namespace: string; readonly labels: Labels },
  target: EgressTarget,
  protocol: Protocol,
): Egress {
  const policies = all.filter(
    ({ metadata, policyTypes, podSelector }) =>
      metadata.namespace === client.namespace &&
      policyTypes.includes("Egress") &&
      matchesSelector(podSelector, client.labels),
  );
  if (policies.length === 0) return { passage: "open", policies };
  const passages = policies.flatMap(({ egress }) =>
    egress.map((rule) => least(throughPeers(rule, client.namespace, target), throughPorts(rule, target, protocol))),
  );
  return { passage: most(passages), policies };
}

function most(passages: readonly Passage[]): Passage {
  return passages.includes("open") ? "open" : passages.includes("unknown") ? "unknown" : "closed";
}

function least(...passages: readonly Passage[]): Passage {
  return passages.includes("closed") ? "closed" : passages.includes("unknown") ? "unknown" : "open";
}

function throughPeers({ peers }: NetworkPolicyRule, own: string, target: EgressTarget): Passage {
  return peers === null ? "open" : most(peers.map((peer) => throughPeer(peer, own, target)));
}

function throughPeer(peer: NetworkPolicyPeer, own: string, target: EgressTarget): Passage {
  if (peer.ipBlock !== null) return throughBlock(peer.ipBlock, target);
  const { namespaceSelector, podSelector } = peer;
  const name = { "kubernetes.io/metadata.name": target.namespace };
  const namespace: Passage =
    namespaceSelector === null
      ? passageIf(target.namespace === own)
      : target.namespaceLabels === null
        ? selects(namespaceSelector, name, false)
        : selects(namespaceSelector, { ...name, ...target.namespaceLabels }, true);
  if (namespace === "closed" || podSelector === null) return namespace;
  const { pods } = target;
  if (pods === null) return least(namespace, selects(podSelector, target.usualLabels, false));
  const matching = pods.filter(({ labels }) => matchesSelector(podSelector, labels)).length;
  // Where only some of the Pods may be asked, questions fail now and then: not for certain.
  return least(namespace, matching === pods.length ? "open" : matching === 0 ? "closed" : "unknown");
}

function passageIf(open: boolean): Passage {
  return open ? "open" : "closed";
}

/** With labels that are not all known, only a key that is there tells. */
function selects(selector: LabelSelector, labels: Labels, whole: boolean): Passage {
  if (whole) return passageIf(matchesSelector(selector, labels));
  const known = (key: string): boolean => Object.hasOwn(labels, key);
  const pairs = Object.entries(selector.matchLabels).map(
    ([key, value]): Passage => (known(key) ? passageIf(labels[key] === value) : "unknown"),
  );
  const expressions = selector.matchExpressions.map((expression): Passage => {
    if (!known(expression.key)) return "unknown";
    return passageIf(matchesSelector({ matchLabels: {}, matchExpressions: [expression] }, labels));
  });
  return least(...pairs, ...expressions);
}

/** Ranges that clusters take the addresses of Pods, Services and node-local caches from. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7"];

/** Whether an address is one of the Internet, which no cluster gives its own. */
export function isPublic(ip: string): boolean {
  return ![...PRIVATE, "127.0.0.0/8", "::1/128", "fe80::/10"].some((range) => inRange(ip, range));
}

function throughBlock(
  { cidr, except }: NonNullable<NetworkPolicyPeer["ipBlock"]>,
  { pods, virtualIps }: EgressTarget,
): Passage {
  const holds = (ip: string): boolean => inRange(ip, cidr) && !except.some((part) => inRange(ip, part));
  const ips = (pods ?? []).flatMap((pod) => pod.ips);
  if (ips.length > 0) {
    if (ips.every(holds)) return "open";
    return [...ips, ...virtualIps].some(holds) ? "unknown" : "closed";
  }
  if (/\/0$/.test(cidr) && except.length === 0) return "open";
  // A range of the Internet holds no cluster's addresses.
  return possibly(PRIVATE.some((range) => overlap(range, cidr)));
}

function possibly(possible: boolean): Passage {
  return possible ? "unknown" : "closed";
}

function overlap(a: string, b: string): boolean {
  return inRange(a.slice(0, a.indexOf("/")), b) || inRange(b.slice(0, b.indexOf("/")), a);
}

/** Whether an address lies in `10.0.0.0/8`; false for what is no address or no range. */
function inRange(text: string, cidr: string): boolean {
  const [base = "", length = ""] = cidr.split("/");
  const [ip, network] = [parseIp(text), parseIp(base)];
  if (ip === null || network === null || ip.family !== network.family || !/^[0-9]+$/.test(length)) return false;
  const bits = Number(length);
  return ip.bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) === ((network.bytes[index] ?? 0) & mask);
  });
}

/** Ports that cluster DNS listens on behind port 53 in one distribution or another. */
const OTHER_PORTS = [5353, 1053, 8053, 9053];

function throughPorts({ ports }: NetworkPolicyRule, target: EgressTarget, protocol: Protocol): Passage {
  if (ports === null) return "open";
  const wanted = target.ports[protocol] ?? null;
  return most(
    ports
      .filter((port) => port.protocol === protocol)
      .map(({ port, endPort }): Passage => {
        if (port === null) return "open";
        const reaches = (number: number): boolean =>
          typeof port === "number" && number >= port && number <= (endPort ?? port);
        if (wanted === null) {
          if (typeof port === "string") return /dns|domain/i.test(port) ? "open" : "closed";
          return reaches(53) ? "open" : possibly(OTHER_PORTS.some(reaches));
        }
        const through = wanted.filter(({ number, name }) => reaches(number) || (name !== "" && name === port));
        if (through.length === wanted.length) return "open";
        // Some plug-ins hold the policy to the Service's port instead of the Pods'.
        return possibly(through.length > 0 || reaches(53));
      }),
  );
}
