import { podResolvConf, type ResolvConf } from "../kubernetes/kubelet-resolv-conf.ts";
import type { Collected } from "../objects/collected.ts";
import { once } from "../objects/kept.ts";
import { type Labels, refKey, refOf } from "../objects/meta.ts";
import type { NetworkPolicy } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import type { MeantReference } from "./references/meant.ts";
import { podSpecOf } from "./references/texts.ts";
import { byName } from "./words.ts";

/** A workload, or a Pod that nobody controls, whose containers are given a name of the Service. */
export interface Client {
  readonly holder: Workload | Pod;
  readonly references: readonly [MeantReference, ...MeantReference[]];
  /** What its Pods' resolvers work with. */
  readonly resolvConf: ResolvConf;
  /** Of its Pods. */
  readonly labels: Labels;
  /** Whether a Pod of this name is there, and its own. */
  hasPod(name: string): boolean;
  /** The NetworkPolicies of its namespace. */
  readonly policies: Collected<NetworkPolicy>;
}

/** Who surely asks for names of a Service, by namespace and name; workloads that make no Pods ask for nothing. */
export function clientsOf(
  index: SnapshotIndex,
  references: readonly MeantReference[],
  clusterDomain: string,
  podsOf: (workload: Workload) => readonly Pod[],
): readonly Client[] {
  const byHolder = Map.groupBy(references, ({ reference }) => refKey(refOf(reference.holder)));
  return [...byHolder.values()]
    .flatMap(([first, ...others]): readonly Client[] => {
      if (first === undefined) return [];
      const { holder } = first.reference;
      if (holder.kind !== "Pod" && (holder.replicas === 0 || holder.suspended)) return [];
      const spec = podSpecOf(holder);
      // Few clients are asked for theirs.
      const pods = once(() => (holder.kind === "Pod" ? [holder] : podsOf(holder)));
      return [
        {
          holder,
          references: [first, ...others],
          resolvConf: podResolvConf({ metadata: holder.metadata, spec }, { clusterDomain, nameservers: null }),
          labels: holder.kind === "Pod" ? holder.metadata.labels : holder.template.labels,
          hasPod: (name) => pods().some(({ status, metadata }) => status !== null && metadata.name === name),
          policies: index.in("networkPolicies", holder.metadata.namespace),
        },
      ];
    })
    .sort((a, b) => byName(keyOf(a), keyOf(b)));
}

function keyOf({ holder }: Client): string {
  return `${holder.metadata.namespace}/${holder.metadata.name} ${holder.kind}`;
}
