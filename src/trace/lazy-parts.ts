import { predict, publishedCount } from "../dns/zone.ts";
import { expectedSlices } from "../kubernetes/endpoint-slices.ts";
import { notHeld, present } from "../objects/collected.ts";
import type { EndpointSlice, Endpoints } from "../objects/endpoint-slice.ts";
import { type Labels, type ObjectRef, refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { UpdateNote } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import { clientsOf } from "./clients.ts";
import type { NamespaceLookups } from "./lookups.ts";
import { makerOf } from "./makers.ts";
import { observed } from "./observed.ts";
import { ownerOf } from "./owners.ts";
import { type Part, partFrom } from "./part.ts";
import { podState, type Surroundings } from "./pod-state.ts";
import { probed } from "./probed.ts";
import type { PartName, Parts, ServiceTrace } from "./trace.ts";
import { byName } from "./words.ts";

/** What the parts of one Service's trace are built from. */
interface Basis {
  readonly lookups: NamespaceLookups;
  readonly index: SnapshotIndex;
  readonly namespace: string;
  readonly name: string;
  readonly service: Service | null;
  /** null where it selects nothing. */
  readonly selector: Labels | null;
  /** Several parts are made of the Pods that it selects. */
  selected: readonly Pod[] | null;
}

/** The parts of one Service's trace, each built from the lookups when a rule first reads it, and kept. */
export function lazyParts(
  lookups: NamespaceLookups,
  namespace: string,
  name: string,
  service: Service | null,
): ServiceTrace["parts"] {
  const selector = service !== null && hasSelector(service) ? service.spec.selector : null;
  const basis: Basis = { lookups, index: lookups.index, namespace, name, service, selector, selected: null };
  // It has a getter for each part, as its type says.
  return new LazyParts(basis) as unknown as ServiceTrace["parts"];
}

function selectedPods(of: Basis): readonly Pod[] {
  of.selected ??= of.selector === null ? [] : of.lookups.podsByLabel(of.namespace).matching(of.selector);
  return of.selected;
}

/*
 * The larger parts are classes, not literals with getters: V8 gives every such literal a hidden class of its own, and all that
 * reads thousands of them becomes slow. What rules may take out of them and call is bound.
 */

class ServicesPart implements Value<"services"> {
  readonly inNamespace: readonly Service[];
  readonly #of: Basis;

  constructor(of: Basis, inNamespace: readonly Service[]) {
    this.inNamespace = inNamespace;
    this.#of = of;
  }

  get elsewhere() {
    const { index, namespace, name } = this.#of;
    return index.named("services", name).filter((one) => one.metadata.namespace !== namespace);
  }

  readonly named = (name: string) => {
    const { index, namespace } = this.#of;
    return index.named("services", name).find((one) => one.metadata.namespace === namespace) ?? null;
  };

  readonly of = (namespace: string) => this.#of.index.in("services", namespace);
}

class WorkloadsPart implements Value<"workloads"> {
  readonly inNamespace: readonly Workload[];
  readonly selected: readonly Workload[];
  readonly governed: readonly Workload[];
  readonly #of: Basis;

  constructor(of: Basis, inNamespace: readonly Workload[]) {
    const { lookups, namespace, name, selector } = of;
    this.inNamespace = inNamespace;
    this.selected = selector === null ? [] : lookups.workloadsByLabel(namespace).matching(selector);
    this.governed = lookups.governedBy(namespace, name);
    this.#of = of;
  }

  get byLabel() {
    return this.#of.lookups.workloadsByLabel(this.#of.namespace);
  }

  get byOwnLabel() {
    return this.#of.lookups.workloadsByOwnLabel(this.#of.namespace);
  }

  readonly named = (name: string) => this.#of.lookups.workloadsNamed(this.#of.namespace, name);
  readonly makerOf = (object: Pod | Workload) => makerOf(object, this.#find);
  readonly ownerOf = (pod: Pod) => ownerOf(pod, this.#find);
  readonly #find = (kind: string, name: string) => this.#of.lookups.workloadNamed(this.#of.namespace, kind, name);
}

class PodsPart implements Value<"pods"> {
  readonly inNamespace: readonly Pod[];
  readonly selected: readonly Pod[];
  readonly withSubdomain: readonly Pod[];
  readonly #of: Basis;

  constructor(of: Basis, inNamespace: readonly Pod[]) {
    this.inNamespace = inNamespace;
    this.selected = selectedPods(of);
    this.withSubdomain = of.lookups.podsWithSubdomain(of.namespace, of.name);
    this.#of = of;
  }

  get byLabel() {
    return this.#of.lookups.podsByLabel(this.#of.namespace);
  }

  readonly madeBy = (maker: ObjectRef) => this.#of.lookups.podsMadeBy(maker);

  get selectedElsewhere() {
    const { lookups, namespace, selector } = this.#of;
    return selector === null ? [] : lookups.podsMatchingElsewhere(namespace, selector);
  }
}

class EndpointSlicesPart implements Value<"endpointSlices"> {
  readonly inNamespace: readonly EndpointSlice[];
  readonly ofService: readonly EndpointSlice[];
  readonly #of: Basis;

  constructor(of: Basis, inNamespace: readonly EndpointSlice[]) {
    this.inNamespace = inNamespace;
    this.ofService = of.lookups.slicesOf(of.namespace, of.name);
    this.#of = of;
  }

  readonly ownedBy = (uid: string) => this.#of.lookups.slicesOwnedBy(this.#of.namespace, uid);

  get elsewhere() {
    const { lookups, namespace, name } = this.#of;
    return lookups.slicesOfName(name).filter((slice) => slice.metadata.namespace !== namespace);
  }

  get strays() {
    return this.#of.lookups.strays(this.#of.namespace).slices.get(this.#of.name) ?? [];
  }
}

class EndpointsPart implements Value<"endpoints"> {
  readonly ofService: Endpoints | null;
  readonly #of: Basis;

  constructor(of: Basis) {
    this.ofService = of.lookups.endpointsNamed(of.namespace, of.name);
    this.#of = of;
  }

  get strays() {
    return this.#of.lookups.strays(this.#of.namespace).endpoints.get(this.#of.name) ?? [];
  }
}

class ReferencesPart implements Value<"references"> {
  readonly #of: Basis;

  constructor(of: Basis) {
    this.#of = of;
  }

  readonly naming = (host: string) => this.#of.lookups.references().naming(this.#of.namespace, host);

  get flawed() {
    return this.#of.lookups.references().flawed(this.#of.namespace, this.#of.name);
  }

  get writtenOut() {
    return this.#of.lookups.references().writtenOut(this.#of.namespace, this.#of.name);
  }

  get unread() {
    return this.#of.lookups.unreadTexts(this.#of.namespace);
  }
}

type Value<P extends PartName> = Parts[P];

/** How each part is built. */
const BUILDERS: { readonly [P in PartName]: (of: Basis) => Part<Parts[P]> } = {
  services: (of) => {
    const list = of.index.in("services", of.namespace);
    return partFrom([list], () => new ServicesPart(of, present(list)));
  },
  workloads: (of) => {
    const list = of.index.in("workloads", of.namespace);
    return partFrom([list], () => new WorkloadsPart(of, present(list)));
  },
  pods: (of) => {
    const list = of.index.in("pods", of.namespace);
    return partFrom([list], () => new PodsPart(of, present(list)));
  },
  endpointSlices: (of) => {
    const list = of.index.in("endpointSlices", of.namespace);
    return partFrom([list], () => new EndpointSlicesPart(of, present(list)));
  },
  endpoints: (of) => partFrom([of.index.in("endpoints", of.namespace)], () => new EndpointsPart(of)),
  podStates: (of) => {
    const { lookups, index, namespace } = of;
    return partFrom([index.in("pods", namespace)], () => {
      const nodes = index.in("nodes", "");
      const around: Surroundings = {
        now: index.snapshot.takenAt,
        eventsOf: (pod) => lookups.eventsOf(pod),
        nodeNamed: (node) => index.named("nodes", node)[0] ?? (nodes.status === "complete" ? null : undefined),
      };
      return selectedPods(of)
        .map((pod) => ({ pod, state: podState(pod, around) }))
        .sort((a, b) => byName(a.pod.metadata.name, b.pod.metadata.name));
    });
  },
  expected: (of) => {
    const { index, namespace, service } = of;
    return partFrom([index.in("pods", namespace)], () => {
      if (service === null) return null;
      const nodes = index.in("nodes", "");
      const exists = (node: string): boolean => index.named("nodes", node).length > 0;
      return expectedSlices(service, selectedPods(of), nodes.status === "complete" ? exists : null);
    });
  },
  events: ({ lookups, index, namespace }) =>
    partFrom([index.in("events", namespace)], () => ({ of: (object) => lookups.eventsOf(object) })),
  namespaces: ({ index, namespace }) => {
    const list = index.in("namespaces", "");
    return partFrom([list], () => ({
      own: index.named("namespaces", namespace)[0] ?? null,
      all: present(list),
    }));
  },
  nodes: ({ index }) => {
    const list = index.in("nodes", "");
    return partFrom([list], () => ({ named: (node) => index.named("nodes", node)[0] ?? null }));
  },
  networkPolicies: ({ index, namespace }) => {
    const list = index.in("networkPolicies", namespace);
    return partFrom([list], () => ({ inNamespace: present(list) }));
  },
  configMaps: ({ index, namespace }) => {
    const list = index.in("configMaps", namespace);
    return partFrom([list], () => ({ inNamespace: present(list) }));
  },
  applied: ({ index, namespace }) => {
    const { applied } = index.snapshot;
    if (applied === undefined) return notHeld("no manifests are laid over a cluster");
    const own = ({ object }: UpdateNote): boolean => object.metadata.namespace === namespace;
    return { status: "complete", value: { rejected: applied.rejected.filter(own), kept: applied.kept.filter(own) } };
  },
  references: (of) => partFrom([of.index.in("workloads", of.namespace)], () => new ReferencesPart(of)),
  clients: ({ lookups, index, namespace, name }) =>
    partFrom([index.in("workloads", namespace)], () => {
      const meant = lookups.references().meaning(namespace, name);
      const { domain } = lookups.zone();
      return clientsOf(index, meant, domain.name, (workload) => lookups.podsMadeBy(refOf(workload)));
    }),
  clusterDns: ({ lookups }) => lookups.dnsServers(),
  corefile: ({ lookups }) => lookups.dnsCorefile(),
  dnsAccess: ({ lookups }) => lookups.dnsAccess(),
  prediction: ({ lookups, namespace, name }) =>
    partFrom([], () => {
      const { zone, domain, corefile } = lookups.zone();
      return {
        domain: `${domain.name}.`,
        settings: corefile.source,
        predict: (asked, type) => predict(zone, asked, type),
        published: publishedCount(zone, namespace, name),
      };
    }),
  observed: ({ lookups, index, namespace, name }) => {
    const { zone, domain } = lookups.zone();
    const own = `${name}.${namespace}.svc.${domain.name}.`;
    return observed(
      index,
      (asked, type) => predict(zone, asked, type),
      (asked) => asked === own || asked.endsWith(`.${own}`),
    );
  },
  probed: ({ lookups, index, namespace, name }) => {
    const { zone, domain, dns } = lookups.zone();
    const own = `${name}.${namespace}.svc.${domain.name}.`;
    return probed(
      index,
      dns,
      (asked, type) => predict(zone, asked, type),
      (asked) => asked === own || asked.endsWith(`.${own}`),
    );
  },
};

/** The parts of one trace: a getter for each, defined once for all traces, and what of them was built already. */
class LazyParts {
  readonly of: Basis;
  readonly built: { [P in PartName]?: Part<Parts[PartName]> } = {};

  constructor(of: Basis) {
    this.of = of;
  }
}

/** Every part's name. */
export const PART_NAMES = Object.keys(BUILDERS) as readonly PartName[];

for (const name of PART_NAMES) {
  Object.defineProperty(LazyParts.prototype, name, {
    enumerable: true,
    get(this: LazyParts) {
      const { built, of } = this;
      built[name] ??= BUILDERS[name](of);
      return built[name];
    },
  });
}
