import type { Event, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyRule, Node } from "../others.ts";
import type { LabelSelector } from "../workload.ts";
import { each, type Field, integer, integerOrText, map, oneOf, optionalMap, text, textOr, texts } from "./fields.ts";
import { readRef } from "./meta.ts";
import { readCondition } from "./pod.ts";
import { PROTOCOLS } from "./service.ts";
import { readLabelSelector } from "./workload.ts";

const ANY: LabelSelector = { matchLabels: {}, matchExpressions: [] };

export function readNode(root: Field): Pick<Node, "addresses" | "conditions"> {
  const status = map(root, "status");
  return {
    addresses: each(status, "addresses", (entry) => ({
      type: textOr(entry, "type", ""),
      address: textOr(entry, "address", ""),
    })),
    conditions: each(status, "conditions", readCondition),
  };
}

type EventBody = Omit<Event, "apiVersion" | "kind" | "metadata" | "origin">;

/** An Event of v1 or of events.k8s.io/v1, which names its fields otherwise. */
export function readEvent(root: Field): EventBody {
  const series = map(root, "series");
  return {
    involvedObject: readRef(optionalMap(root, "involvedObject") ?? map(root, "regarding")),
    type: textOr(root, "type", ""),
    reason: textOr(root, "reason", ""),
    message: text(root, "message") ?? textOr(root, "note", ""),
    count: integer(series, "count") ?? integer(root, "count") ?? integer(root, "deprecatedCount") ?? 1,
    lastSeen:
      text(series, "lastObservedTime") ??
      text(root, "lastTimestamp") ??
      text(root, "deprecatedLastTimestamp") ??
      text(root, "eventTime"),
  };
}

type PolicyBody = Omit<NetworkPolicy, "apiVersion" | "kind" | "metadata" | "origin">;

/** Mirrors pkg/apis/networking/v1/defaults.go: without policyTypes, Ingress always, Egress where it has rules. */
export function readNetworkPolicy(root: Field): PolicyBody {
  const spec = map(root, "spec");
  const types = texts(spec, "policyTypes");
  const egress = each(spec, "egress", (rule) => readRule(rule, "to"));
  return {
    podSelector: readLabelSelector(spec, "podSelector") ?? ANY,
    policyTypes: types.length > 0 ? types : egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"],
    ingress: each(spec, "ingress", (rule) => readRule(rule, "from")),
    egress,
  };
}

/** No entries and no list are the same here: any. */
function readRule(rule: Field, peersKey: "from" | "to"): NetworkPolicyRule {
  const peers = each(rule, peersKey, readPeer);
  const ports = each(rule, "ports", (port) => ({
    protocol: oneOf(port, "protocol", PROTOCOLS) ?? "TCP",
    port: integerOrText(port, "port"),
    endPort: integer(port, "endPort"),
  }));
  return { peers: peers.length > 0 ? peers : null, ports: ports.length > 0 ? ports : null };
}

function readPeer(peer: Field): NetworkPolicyPeer {
  const ipBlock = optionalMap(peer, "ipBlock");
  return {
    podSelector: readLabelSelector(peer, "podSelector"),
    namespaceSelector: readLabelSelector(peer, "namespaceSelector"),
    ipBlock: ipBlock === null ? null : { cidr: textOr(ipBlock, "cidr", ""), except: texts(ipBlock, "except") },
  };
}
