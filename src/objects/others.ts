import type { KubernetesObject, Labels, ObjectRef } from "./meta.ts";
import type { Condition } from "./pod.ts";
import type { Protocol } from "./service.ts";
import type { LabelSelector } from "./workload.ts";

export interface Namespace extends KubernetesObject {
  readonly kind: "Namespace";
  readonly phase: string;
}

export interface Node extends KubernetesObject {
  readonly kind: "Node";
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly conditions: readonly Condition[];
}

/** Values may be redacted in snapshot files: then `data` holds only what rules read (the Corefile). */
export interface ConfigMap extends KubernetesObject {
  readonly kind: "ConfigMap";
  readonly data: Labels;
}

export interface Event extends KubernetesObject {
  readonly kind: "Event";
  readonly involvedObject: ObjectRef;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** When it was last seen, RFC 3339 or null. */
  readonly lastSeen: string | null;
}

export interface NetworkPolicyPeer {
  readonly podSelector: LabelSelector | null;
  readonly namespaceSelector: LabelSelector | null;
  readonly ipBlock: { readonly cidr: string; readonly except: readonly string[] } | null;
}

export interface NetworkPolicyRule {
  /** null: any peer. */
  readonly peers: readonly NetworkPolicyPeer[] | null;
  /** null: any port. */
  readonly ports:
    | readonly { readonly protocol: Protocol; readonly port: number | string | null; readonly endPort: number | null }[]
    | null;
}

export interface NetworkPolicy extends KubernetesObject {
  readonly kind: "NetworkPolicy";
  readonly podSelector: LabelSelector;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly NetworkPolicyRule[];
  readonly egress: readonly NetworkPolicyRule[];
}
