import { findPort } from "../kubernetes/endpoint-slices.ts";
import type { EndpointPort } from "../objects/endpoint-slice.ts";
import { hasSelector, type Service, type ServicePort } from "../objects/service.ts";
import type { Probed } from "../trace/probed.ts";
import { count, listed } from "../trace/words.ts";
import { type PortHolder, portHolders, portLabel, runningContainers, setPortField } from "./evidence/pod-ports.ts";
import { note } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";

/**
 * A headless Service has no proxy that would translate `port` to `targetPort` (pkg/proxy/util ShouldSkipService). The
 * slices hold the target port (k8s.io/endpointslice utils.go getEndpointPorts), and so does SRV; who takes the address
 * alone and connects to `port` is refused.
 */
export const portDiffersFromTargetPort = defineRule({
  id: "port-differs-from-target-port",
  link: "service",
  severity: "warning",
  summary: "port is not the targetPort, and on a headless Service nothing translates",
  needs: {
    pods: "optional",
    workloads: "optional",
    endpointSlices: "optional",
    endpoints: "optional",
    probed: "optional",
  },
  applies: ({ service, headless }) => headless && service !== null,
  check({ service, pods, workloads, endpointSlices, endpoints, probed }) {
    if (service === null) return [];
    const selected = hasSelector(service);
    const holders = portHolders(
      pods.status === "unavailable" ? [] : pods.value.selected,
      workloads.status === "unavailable" ? null : workloads.value,
    );
    const written: readonly EndpointPort[] = [
      ...(endpointSlices.status === "unavailable" ? [] : endpointSlices.value.ofService).flatMap(({ ports }) => ports),
      ...(endpoints.status === "unavailable" ? [] : (endpoints.value.ofService?.subsets ?? [])).flatMap(
        ({ ports }) => ports,
      ),
    ];
    return service.spec.ports.flatMap((port, index) => {
      // gRPC asks for this one by SRV alone, which tells the real port.
      if (port.name === "grpclb") return [];
      const targets = selected ? targetsOf(port, holders) : writtenTargets(port, written);
      const others = targets.filter((number) => number !== port.port);
      if (others.length === 0) return [];
      const meant = listed(others.map(String));
      const some = targets.length > others.length;
      return [
        {
          object: service,
          field: ["spec", "ports", index, "port"],
          message: `${port.name === "" ? "The port" : `Port ${port.name}`} of headless Service ${service.metadata.name} is ${port.port}, but ${some ? "some of " : ""}${selected ? "its Pods are meant to listen" : "its endpoints listen"} on ${meant}. No proxy translates for a headless Service: clients connect to the addresses themselves, and ${some ? `port ${port.port} is open at some of them only` : fate(port, others, holders)}. Only SRV records tell the real port.`,
          evidence: [
            selected
              ? `port: ${port.port}, targetPort: ${port.targetPort}${typeof port.targetPort === "string" ? ` (${meant} in the Pods)` : ""}`
              : `port: ${port.port}, port of the EndpointSlices: ${meant}`,
            ...(some && selected ? numbersOf(port, holders) : []),
            `SRV answers port ${listed(targets.map(String))}; A and AAAA answer no port at all`,
            ...(probed.status === "unavailable" ? [] : seenFromInside(port.port, probed.value)),
          ],
          remedy: some
            ? note(
                "select the Pods of one kind only, let all of them listen on the same port, or let clients follow SRV records",
              )
            : remedyOf(service, index, port, others),
        },
      ];
    });
  },
});

/** What a probe met on the Service's own port: `seen from inside: port 80 refused at 2 of 2 addresses`. */
function seenFromInside(port: number, { connects }: Probed): readonly string[] {
  const tried = connects.filter((one) => one.of === "service" && one.port === port && one.status !== "missing");
  const addresses = new Set(tried.map(({ address }) => address));
  const refused = new Set(tried.filter(({ status }) => status === "refused").map(({ address }) => address));
  if (addresses.size === 0) return [];
  return [`seen from inside: port ${port} refused at ${refused.size} of ${count(addresses.size, "address")}`];
}

/** The numbers that targetPort means in the Pods; none where no Pod tells. */
function targetsOf(port: ServicePort, holders: readonly PortHolder[]): readonly number[] {
  if (typeof port.targetPort === "number") return [port.targetPort];
  const found = holders.flatMap((holder) => findPort(holder, port) ?? []);
  return [...new Set(found)].sort((a, b) => a - b);
}

const MOST_MAKERS = 5;

/** Where a named targetPort is another number in each: `StatefulSet db: 5432`. */
function numbersOf(port: ServicePort, holders: readonly PortHolder[]): readonly string[] {
  const made = new Map(holders.map((holder) => [holder.maker, findPort(holder, port)] as const));
  const lines = [...made].flatMap(([maker, number]) => (number === null ? [] : [`${maker}: ${number}`]));
  const left = lines.length - MOST_MAKERS;
  return [...lines.slice(0, MOST_MAKERS), ...(left > 0 ? [`and ${left} more`] : [])];
}

/** The numbers that hand-written endpoints have for the port; consumers match them by name. */
function writtenTargets(port: ServicePort, written: readonly EndpointPort[]): readonly number[] {
  const found = written.flatMap((one) => (one.name === port.name && one.port !== null ? [one.port] : []));
  return [...new Set(found)].sort((a, b) => a - b);
}

/** What becomes of a connection to `port`: a Pod may have something else there. */
function fate(port: ServicePort, others: readonly number[], holders: readonly PortHolder[]): string {
  const other = holders
    .flatMap(({ spec }) => runningContainers(spec))
    .find(({ ports }) => ports.some((one) => one.containerPort === port.port && one.protocol === port.protocol));
  return other === undefined
    ? `port ${port.port} is refused there unless something else listens on it`
    : `port ${port.port} reaches what container ${other.name} has on it, not ${listed(others.map(String))}`;
}

function remedyOf(service: Service, index: number, port: ServicePort, others: readonly number[]): string {
  const [target] = others;
  const taken = service.spec.ports.some((one) => one.port === target && one.protocol === port.protocol);
  if (target === undefined || others.length > 1 || taken) {
    return [
      note(`let clients use ${listed(others.map(String))}, or follow SRV records`),
      ...(taken ? [note(`port ${target} is in this Service already: port ${portLabel(port)} can be removed`)] : []),
    ].join("\n");
  }
  return [
    setPortField(service, index, "port", target),
    note(`clients, Ingresses and routes that say ${port.port} must say ${target} from then on`),
  ].join("\n");
}
