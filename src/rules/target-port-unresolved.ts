import { findPort } from "../kubernetes/endpoint-slices.ts";
import { isPortName } from "../kubernetes/names.ts";
import { nearNames } from "../objects/near-names.ts";
import { hasSelector, type Service, type ServicePort } from "../objects/service.ts";
import { listed } from "../trace/words.ts";
import { foreignGroups } from "./evidence/foreign-groups.ts";
import {
  hasPortOf,
  type PortHolder,
  portHolders,
  portLabel,
  runningContainers,
  setPortField,
  targetPortNames,
} from "./evidence/pod-ports.ts";
import { isRunOnce, isUmbrella, speaksOfMembership } from "./evidence/same-application.ts";
import { groupName, type SelectedGroup, selectedGroups } from "./evidence/selected-groups.ts";
import { note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A targetPort that is a name must be the name of a container's port, with the same protocol (k8s.io/endpointslice
 * utils.go FindPort). Where it is not, the port is dropped from the Pod's endpoint without a word.
 */
export const targetPortUnresolved = defineRule({
  id: "target-port-unresolved",
  link: "service",
  severity: "error",
  summary: "a named targetPort that no container port of the selected Pods has",
  needs: { pods: "present", workloads: "optional" },
  applies: ({ service }) =>
    service !== null &&
    hasSelector(service) &&
    service.spec.ports.some(({ targetPort }) => typeof targetPort === "string"),
  check({ service, headless, pods, workloads }) {
    if (service === null) return [];
    const known = workloads.status === "unavailable" ? null : workloads.value;
    const holders = portHolders(pods.selected, known);
    const ofPorts = service.spec.ports.flatMap((port, index): readonly RuleFinding[] => {
      if (typeof port.targetPort !== "string") return [];
      if (!service.live && !isPortName(port.targetPort)) return [rejected(service, index, port.targetPort)];
      const without = lacking(holders, port);
      const [first] = without;
      if (first === undefined) return [];
      const none = without.length === holders.length;
      // The other ports of the Service go on working: only who asks for this one is let down.
      const others = service.spec.ports.some((one) => holders.some((holder) => findPort(holder, one) !== null));
      return [
        {
          object: service,
          field: ["spec", "ports", index, "targetPort"],
          ...(none && !others ? {} : { severity: "warning" as const }),
          message: `targetPort ${port.targetPort} of Service ${service.metadata.name} (port ${portLabel(port)}) names no ${port.protocol} port of ${none ? "the Pods that it selects" : listed(without.map(({ who }) => who))}, and is left out of their endpoints: ${effect(service, port, headless, none)}`,
          evidence: [
            `wanted: a container port named ${port.targetPort} with protocol ${port.protocol}`,
            ...without.slice(0, 3).map((holder) => `${holder.who}: ${portsText(holder)}`),
            ...(none ? [] : [`the other Pods of ${first.maker} have it`]),
          ],
          remedy: remedyOf(service, index, port, without),
        },
      ];
    });
    const isPortless = (holder: PortHolder): boolean =>
      service.spec.ports.every((port) => findPort(holder, port) === null);
    return headless && ofPorts.length === 0 && holders.some(isPortless)
      ? portless(service, selectedGroups(pods.selected, known))
      : ofPorts;
  },
});

/**
 * Workloads none of whose Pods has any of the ports, beside others that have them: A and AAAA answer with all of them.
 * Behind a cluster IP nobody is sent to them, which is how some leave them out.
 */
function portless(service: Service, groups: readonly SelectedGroup[]): readonly RuleFinding[] {
  const { ports, selector } = service.spec;
  const { name } = service.metadata;
  if (isUmbrella(selector ?? {}) || [name, ...ports.map((port) => port.name)].some(speaksOfMembership)) return [];
  const having = groups.filter((group) => hasPortOf(service, group));
  // selector-matches-foreign-pods tells of those that are not meant at all.
  const { foreign } = foreignGroups(service, groups);
  const without = groups.filter(
    (group) => !having.includes(group) && !foreign.includes(group) && group.workload !== null && !isRunOnce(group),
  );
  if (without.length === 0 || having.length === 0) return [];
  const who = listed(without.map(groupName));
  const wanted = targetPortNames(service);
  const protocols = [...new Set(ports.map(({ protocol }) => protocol))].join(" or ");
  const their = without.length === 1 ? "its" : "their";
  return [
    {
      object: service,
      field: ports.length === 1 ? ["spec", "ports", 0, "targetPort"] : ["spec", "ports"],
      severity: "warning",
      message: `No ${protocols} port of ${who} is called ${wanted}, which Service ${name} has as targetPort. A and AAAA of ${name} answer with ${their} Pods all the same, while SRV leaves them out: clients find Pods there that may not serve the port.`,
      evidence: [...having, ...without].map((group) => `${groupName(group)}: ${portsText(group)}`),
      remedy: [
        note(`where ${their} Pods serve it: name their container port ${wanted} in the Pod template`),
        note(`where they do not: select by a label, too, that only ${listed(having.map(groupName))} has`),
      ].join("\n"),
    },
  ];
}

/**
 * The holders without the port: all of them where none has it, else those whose own kin have it. A Service over several
 * workloads may name a port that only some of them have.
 */
function lacking(holders: readonly PortHolder[], port: ServicePort): readonly PortHolder[] {
  const without = holders.filter((holder) => findPort(holder, port) === null);
  if (without.length === holders.length) return without;
  const having = new Set(holders.flatMap((holder) => (findPort(holder, port) === null ? [] : holder.maker)));
  return without.filter(({ maker }) => having.has(maker));
}

function rejected(service: Service, index: number, targetPort: string): RuleFinding {
  const number = /^[0-9]+$/.test(targetPort) ? Number(targetPort) : null;
  const why =
    number === null
      ? "a port's name has at most 15 characters: lower case letters, digits and single hyphens, with at least one letter"
      : "in quotes it is a port's name, and a name needs at least one letter";
  return {
    object: service,
    field: ["spec", "ports", index, "targetPort"],
    message: `targetPort ${JSON.stringify(targetPort)} of Service ${service.metadata.name} is rejected by the API server: ${why}. The Service is never made, so none of its names exist.`,
    evidence: [`targetPort: ${JSON.stringify(targetPort)}`],
    remedy:
      number === null
        ? note("name a container port, or write its number")
        : setPortField(service, index, "targetPort", number),
    patch: number === null ? [] : [{ path: ["spec", "ports", index, "targetPort"], value: number }],
  };
}

function effect(service: Service, port: ServicePort, headless: boolean, none: boolean): string {
  if (!headless) return "connections to this port of its cluster IP are refused.";
  if (!none) return "SRV answers lack them, and clients that look for the port miss them.";
  const srv =
    port.name === "" ? "SRV has no record for it" : `_${port.name}._${port.protocol.toLowerCase()} is NXDOMAIN`;
  return service.spec.ports.length === 1
    ? `${srv} and SRV at the Service's name is empty, while A and AAAA still answer.`
    : `${srv}.`;
}

function portsText({ spec }: Pick<PortHolder, "spec">): string {
  const declared = runningContainers(spec).flatMap(({ name, ports }) =>
    ports.map(
      (port) =>
        `${port.name === "" ? "(unnamed)" : port.name} ${port.containerPort}/${port.protocol} of container ${name}`,
    ),
  );
  return declared.length === 0 ? "its containers declare no ports" : `has ${listed(declared, 6)}`;
}

/** The nearest name, else the name of the port with the Service's own number, else that number itself. */
function remedyOf(service: Service, index: number, port: ServicePort, without: readonly PortHolder[]): string {
  const declared = without
    .flatMap(({ spec }) => runningContainers(spec))
    .flatMap(({ ports }) => ports)
    .filter(({ protocol }) => protocol === port.protocol);
  const named = declared.filter(({ name }) => name !== "").map(({ name }) => name);
  const near = nearNames(String(port.targetPort), named)[0];
  // A port that another one of the Service leads to already is not the one that is missing.
  const taken = new Set(service.spec.ports.filter((one) => one !== port).map(({ targetPort }) => targetPort));
  const free = declared.filter((one) => !taken.has(one.containerPort) && (one.name === "" || !taken.has(one.name)));
  const numbers = [...new Set(free.map(({ containerPort }) => containerPort))];
  // Of a Service with several ports nothing tells which of them a container's port with another name is.
  const only = numbers.length === 1 && service.spec.ports.length === 1 ? numbers[0] : undefined;
  const sameNumber = declared.find(({ containerPort }) => containerPort === port.port);
  const value = near ?? (sameNumber === undefined ? only : sameNumber.name || sameNumber.containerPort) ?? port.port;
  const alternative = note(`or name the container's port ${port.targetPort} in the Pod template`);
  return [setPortField(service, index, "targetPort", value), alternative].join("\n");
}
