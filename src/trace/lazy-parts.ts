import { predict } from "../dns/zone.ts";
import { expectedSlices } from "../kubernetes/endpoint-slices.ts";
import { notHeld, present } from "../objects/collected.ts";
import { refOf } from "../objects/meta.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { UpdateNote } from "../objects/snapshot.ts";
import { clientsOf } from "./clients.ts";
import type { NamespaceLookups } from "./lookups.ts";
import { makerOf } from "./makers.ts";
import { observed } from "./observed.ts";
import { ownerOf } from "./owners.ts";
import { type Part, partFrom } from "./part.ts";
import { podState, type Surroundings } from "./pod-state.ts";
import { probed } from "./probed.ts";
import { unreadTexts } from "./references/unread.ts";
import type { PartName, Parts, ServiceTrace } from "./trace.ts";
import { byName } from "./words.ts";

/** The parts of one Service's trace, each built from the lookups when a rule first reads it. */
export function lazyParts(
  lookups: NamespaceLookups,
  namespace: string,
  name: string,
  service: Service | null,
): ServiceTrace["parts"] {
  const { index } = lookups;
  const selector = service !== null && hasSelector(service) ? service.spec.selector : null;
  const builders: Builders = {
    services: () => {
      const list = index.in("services", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get elsewhere() {
          return index.named("services", name).filter((one) => one.metadata.namespace !== namespace);
        },
        of: (other) => index.in("services", other),
      }));
    },
    workloads: () => {
      const list = index.in("workloads", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get byLabel() {
          return lookups.workloadsByLabel(namespace);
        },
        get byOwnLabel() {
          return lookups.workloadsByOwnLabel(namespace);
        },
        selected: selector === null ? [] : lookups.workloadsByLabel(namespace).matching(selector),
        named: (workload) => lookups.workloadsNamed(namespace, workload),
        governed: lookups.governedBy(namespace, name),
        makerOf: (object) => makerOf(object, (kind, of) => lookups.workloadNamed(namespace, kind, of)),
        ownerOf: (pod) => ownerOf(pod, (kind, of) => lookups.workloadNamed(namespace, kind, of)),
      }));
    },
    pods: () => {
      const list = index.in("pods", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get byLabel() {
          return lookups.podsByLabel(namespace);
        },
        selected: selector === null ? [] : lookups.podsByLabel(namespace).matching(selector),
        madeBy: (maker) => lookups.podsMadeBy(maker),
        withSubdomain: lookups.podsWithSubdomain(namespace, name),
        get selectedElsewhere() {
          return selector === null ? [] : lookups.podsMatchingElsewhere(namespace, selector);
        },
      }));
    },
    endpointSlices: () => {
      const list = index.in("endpointSlices", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        ofService: lookups.slicesOf(namespace, name),
        get elsewhere() {
          return lookups.slicesOfName(name).filter((slice) => slice.metadata.namespace !== namespace);
        },
        get strays() {
          return lookups.strays(namespace).slices.get(name) ?? [];
        },
      }));
    },
    endpoints: () => {
      const list = index.in("endpoints", namespace);
      return partFrom([list], () => ({
        ofService: lookups.endpointsNamed(namespace, name),
        get strays() {
          return lookups.strays(namespace).endpoints.get(name) ?? [];
        },
      }));
    },
    podStates: () =>
      partFrom([index.in("pods", namespace)], () => {
        const nodes = index.in("nodes", "");
        const around: Surroundings = {
          now: index.snapshot.takenAt,
          eventsOf: (pod) => lookups.eventsOf(pod),
          nodeNamed: (node) => index.named("nodes", node)[0] ?? (nodes.status === "complete" ? null : undefined),
        };
        const selected = selector === null ? [] : lookups.podsByLabel(namespace).matching(selector);
        return selected
          .map((pod) => ({ pod, state: podState(pod, around) }))
          .sort((a, b) => byName(a.pod.metadata.name, b.pod.metadata.name));
      }),
    expected: () =>
      partFrom([index.in("pods", namespace)], () => {
        if (service === null) return null;
        const nodes = index.in("nodes", "");
        const exists = (node: string): boolean => index.named("nodes", node).length > 0;
        const selected = selector === null ? [] : lookups.podsByLabel(namespace).matching(selector);
        return expectedSlices(service, selected, nodes.status === "complete" ? exists : null);
      }),
    events: () => partFrom([index.in("events", namespace)], () => ({ of: (object) => lookups.eventsOf(object) })),
    namespaces: () => {
      const list = index.in("namespaces", "");
      return partFrom([list], () => ({
        own: index.named("namespaces", namespace)[0] ?? null,
        all: present(list),
      }));
    },
    nodes: () => {
      const list = index.in("nodes", "");
      return partFrom([list], () => ({ named: (node) => index.named("nodes", node)[0] ?? null }));
    },
    networkPolicies: () => {
      const list = index.in("networkPolicies", namespace);
      return partFrom([list], () => ({ inNamespace: present(list) }));
    },
    configMaps: () => {
      const list = index.in("configMaps", namespace);
      return partFrom([list], () => ({ inNamespace: present(list) }));
    },
    applied: () => {
      const { applied } = index.snapshot;
      if (applied === undefined) return notHeld("no manifests are laid over a cluster");
      const own = ({ object }: UpdateNote): boolean => object.metadata.namespace === namespace;
      return { status: "complete", value: { rejected: applied.rejected.filter(own), kept: applied.kept.filter(own) } };
    },
    references: () =>
      partFrom([index.in("workloads", namespace)], () => ({
        naming: (host) => lookups.references().naming(namespace, host),
        get flawed() {
          return lookups.references().flawed(namespace, name);
        },
        get writtenOut() {
          return lookups.references().writtenOut(namespace, name);
        },
        get unread() {
          return unreadTexts(index, lookups.references(), namespace);
        },
      })),
    clients: () =>
      partFrom([index.in("workloads", namespace)], () => {
        const meant = lookups.references().meaning(namespace, name);
        const { domain } = lookups.zone();
        return clientsOf(index, meant, domain.name, (workload) => lookups.podsMadeBy(refOf(workload)));
      }),
    clusterDns: lookups.dnsServers,
    corefile: lookups.dnsCorefile,
    dnsAccess: lookups.dnsAccess,
    prediction: () =>
      partFrom([], () => {
        const { zone, domain, corefile } = lookups.zone();
        return {
          domain: `${domain.name}.`,
          settings: corefile.source,
          predict: (asked, type) => predict(zone, asked, type),
        };
      }),
    observed: () => {
      const { zone, domain } = lookups.zone();
      const own = `${name}.${namespace}.svc.${domain.name}.`;
      return observed(
        index,
        (asked, type) => predict(zone, asked, type),
        (asked) => asked === own || asked.endsWith(`.${own}`),
      );
    },
    probed: () => {
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
  return lazily(builders);
}

type Builders = { readonly [P in PartName]: () => Part<Parts[P]> };

/** The parts of one trace, and what of them was built already. */
interface LazyParts {
  readonly builders: Builders;
  readonly built: { [P in PartName]?: Part<Parts[PartName]> };
}
const LAZY = Symbol("lazy parts");

/** The getters of all traces: defining them anew for each of thousands took longer than most rules. */
let getters: object | null = null;

/** An object whose properties are built when first read, and kept. */
function lazily(builders: Builders): ServiceTrace["parts"] {
  getters ??= gettersFor(Object.keys(builders) as PartName[]);
  const state: LazyParts = { builders, built: {} };
  // It has a getter for each part, as its type says.
  return Object.create(getters, { [LAZY]: { value: state } }) as ServiceTrace["parts"];
}

function gettersFor(names: readonly PartName[]): object {
  const prototype = {};
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: { readonly [LAZY]: LazyParts }) {
        const { builders, built } = this[LAZY];
        built[name] ??= builders[name]();
        return built[name];
      },
    });
  }
  return prototype;
}
