import { hasSelector, isHeadless, type Service, type ServicePort } from "../objects/service.ts";
import { count, listed } from "../trace/words.ts";
import { labelsText } from "./evidence/label-differences.ts";
import { isSameApplication } from "./evidence/same-application.ts";
import { groupName, type SelectedGroup, selectedGroups } from "./evidence/selected-groups.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule } from "./rule.ts";

/** Of a DaemonSet each Pod is there for its own Node: whoever looks all of them up means just that. */
const STATELESS: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "ReplicationController"]);

/**
 * Before interchangeable Pods a headless Service takes the load balancing away: clients get all addresses and mostly keep
 * to the first. Silent wherever something tells that the addresses themselves are wanted.
 */
export const statelessWorkload = defineRule({
  id: "stateless-workload",
  link: "service",
  severity: "info",
  summary: "a headless Service before a stateless workload: clients choose an address themselves, nothing balances",
  needs: { pods: "complete", workloads: "complete", services: "optional" },
  applies: ({ service, headless, neededBy }) =>
    headless && service !== null && service.spec.type === "ClusterIP" && hasSelector(service) && neededBy.length === 0,
  check({ service, namespace, pods, workloads, services }) {
    if (service === null || wantsAddresses(service)) return [];
    const groups = selectedGroups(pods.selected, workloads);
    const plain = groups.every(
      ({ ref, spec }) => ref !== null && STATELESS.has(ref.kind) && spec.hostname === "" && spec.subdomain === "",
    );
    if (!plain || isOnePod(groups) || !isOneApplication(groups)) return [];
    const balanced = services.status === "unavailable" ? [] : services.value.inNamespace;
    if (balanced.some((one) => one !== service && !isHeadless(one) && sameSelector(one, service))) return [];
    const { name } = service.metadata;
    return [
      {
        object: service,
        field: ["spec", "clusterIP"],
        message: `Headless Service ${name} stands before ${listed(groups.map(groupName))}, whose Pods are interchangeable. Its name answers all their addresses and clients choose one themselves, mostly the first and for as long as they live: load is not spread, and clients that keep an address meet Pods that are gone.`,
        evidence: [
          ...groups.map(
            (group) =>
              `${groupName(group)}: ${group.pods.every((pod) => pod.derivedFrom !== null) ? "" : `${count(group.pods.length, "Pod")}, `}no hostname, no subdomain`,
          ),
          "clusterIP: None",
          "no other Service with a cluster IP has this selector",
        ],
        remedy: remedyOf(service, namespace),
      },
    ];
  },
});

/** Applications that differ are no load to spread: that they are selected together is another rule's matter. */
function isOneApplication([first, ...others]: readonly SelectedGroup[]): boolean {
  return first !== undefined && others.every((other) => isSameApplication(first, other, false));
}

/** Before one Pod there is nothing to balance: a database of one replica, say. */
function isOnePod([first, ...others]: readonly SelectedGroup[]): boolean {
  return others.length === 0 && first?.pods.length === 1;
}

/** Protocols and purposes for which clients want every address: their own load balancing, gossip, scraping. */
const WANTED =
  /grpc|h2c|http2|gossip|member|ring|peer|raft|serf|swim|cluster|discover|jgroups|hazelcast|ping|epmd|dist|etcd|metrics|prometheus|monitor|scrape/i;

function wantsAddresses({ metadata, spec }: Service): boolean {
  return (
    spec.publishNotReadyAddresses ||
    spec.ports.length === 0 ||
    /headless|discovery|peers?|gossip|ring|memberlist|grpc|exporter|metrics/i.test(metadata.name) ||
    spec.ports.some(speaksOfAddresses)
  );
}

function speaksOfAddresses({ name, appProtocol, targetPort, protocol }: ServicePort): boolean {
  return (
    protocol !== "TCP" ||
    WANTED.test(name) ||
    WANTED.test(appProtocol ?? "") ||
    (typeof targetPort === "string" && WANTED.test(targetPort))
  );
}

function sameSelector(one: Service, other: Service): boolean {
  const key = ({ spec }: Service): string => labelsText(Object.fromEntries(Object.entries(spec.selector ?? {}).sort()));
  return key(one) === key(other);
}

function remedyOf({ metadata, spec, live }: Service, namespace: string): string {
  const { name } = metadata;
  const [first] = spec.ports;
  if (!live) {
    return [
      note("where clients should be balanced, remove clusterIP: None, or add a second Service for them:"),
      yamlLines({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: `${name}-balanced`, namespace },
        spec: {
          selector: spec.selector ?? {},
          ports: spec.ports.map(({ name: port, protocol, port: number, targetPort }) => ({
            ...(port === "" ? {} : { name: port }),
            ...(protocol === "TCP" ? {} : { protocol }),
            port: number,
            ...(targetPort === number ? {} : { targetPort }),
          })),
        },
      }),
    ].join("\n");
  }
  const ports =
    spec.ports.length === 1 && first !== undefined ? [`--port=${first.port}`, `--target-port=${first.targetPort}`] : [];
  return [
    note(`where clients should be balanced, give them a Service with a cluster IP over the same Pods:`),
    kubectl(namespace, "expose", "service", name, `--name=${name}-balanced`, ...ports),
  ].join("\n");
}
