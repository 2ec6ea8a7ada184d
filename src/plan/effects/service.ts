import { findPort } from "../../kubernetes/endpoint-slices.ts";
import { isHeadless, type Service, type ServicePort } from "../../objects/service.ts";
import { listed } from "../../trace/words.ts";
import { at, type Effect } from "../effect.ts";
import { portName, portPairs } from "../service-differences.ts";
import type { Side, Sides } from "../side.ts";

/** What a changed Service means for its clients, beyond the records themselves. */
export function serviceEffects(before: Service, after: Service, sides: Sides): readonly Effect[] {
  const services = [`${after.metadata.namespace}/${after.metadata.name}`];
  const { name } = after.metadata;
  const [was, is] = [isHeadless(before), isHeadless(after)];
  const effects: Effect[] = [];
  const add = (effect: Pick<Effect, "effect" | "severity" | "message">, field: readonly (string | number)[]): void =>
    void effects.push({ ...effect, ...at(after, field), services, steps: "" });

  if (was && !is) {
    const what =
      after.spec.type === "ExternalName"
        ? `${name} becomes an alias of ${after.spec.externalName ?? "nothing"}, and no name below it exists any more`
        : `${name} answers one address, behind which kube-proxy chooses a Pod per connection, in place of the Pods' own`;
    add({ effect: "headless-lost", severity: "warning", message: `Service ${name} stops being headless: ${what}.` }, [
      "spec",
      after.spec.type === before.spec.type ? "clusterIP" : "type",
    ]);
  } else if (!was && is) {
    const moved = movedPorts(before, after, sides);
    const ports = moved.length === 0 ? "" : ` No proxy translates ports any more: ${listed(moved.map(portText))}.`;
    const message = `Service ${name} becomes headless: ${name} answers the addresses of its Pods, and clients choose among them.${ports}`;
    add({ effect: "headless-gained", severity: "warning", message }, ["spec", "clusterIP"]);
  }
  if (was === is && before.spec.type !== "ExternalName" && after.spec.type !== "ExternalName") {
    for (const port of movedPorts(before, after, sides)) {
      const told = port.atOnce ? "at once, whether or not the Pods listen there yet" : "as each Pod is made again";
      const how = is ? `SRV records tell it ${told}; clients` : "Clients";
      const message = `Port ${portName(port.after)} of ${name} moves from ${port.from} to ${port.to}. ${how} that have the old number written down no longer get through.`;
      add({ effect: "port-moved", severity: "warning", message }, ["spec", "ports", port.index]);
    }
  }
  if (before.spec.type === "ExternalName" && after.spec.type === "ExternalName") {
    const [from, to] = [before.spec.externalName, after.spec.externalName];
    if (from !== to) {
      const message = `${name} is an alias of ${to ?? "nothing"} instead of ${from ?? "nothing"}: clients that hold connections stay where they are.`;
      add({ effect: "target-moved", severity: "warning", message }, ["spec", "externalName"]);
    }
  }
  if (is && before.spec.publishNotReadyAddresses !== after.spec.publishNotReadyAddresses) {
    const field = ["spec", "publishNotReadyAddresses"];
    if (after.spec.publishNotReadyAddresses) {
      const message = `The names of ${name} come as soon as a Pod has an address, Ready or not, and stay while it ends: clients meet Pods that cannot serve them.`;
      add({ effect: "published-earlier", severity: "warning", message }, field);
    } else {
      const message = `The names of ${name} come only once a Pod is Ready, and go when it is not: Pods that look for each other before they are Ready wait for ever.`;
      add({ effect: "published-later", severity: "warning", message }, field);
    }
  }
  return effects;
}

interface MovedPort {
  readonly after: ServicePort;
  readonly from: number;
  readonly to: number;
  /** The Service itself names the new number, and not the containers. */
  readonly atOnce: boolean;
  readonly index: number;
}

/** Ports that clients must use another number for: the Pods' own where the Service is headless. */
function movedPorts(before: Service, after: Service, sides: Sides): readonly MovedPort[] {
  return portPairs(before, after).flatMap(({ before: old, after: now, index }) => {
    if (old === null || now === null) return [];
    const from = clientPort(before, old, sides.before);
    const to = clientPort(after, now, sides.after);
    if (from === null || to === null || from === to) return [];
    return [{ after: now, from, to, atOnce: old.targetPort !== now.targetPort, index }];
  });
}

/** null where a named targetPort cannot be looked up in any Pod. */
function clientPort(service: Service, port: ServicePort, side: Side): number | null {
  if (!isHeadless(service)) return port.port;
  if (typeof port.targetPort === "number") return port.targetPort;
  for (const pod of side.selected(service)) {
    const found = findPort(pod, port);
    if (found !== null) return found;
  }
  return null;
}

function portText({ after, from, to }: MovedPort): string {
  return after.name === "" ? `${from} becomes ${to}` : `${after.name} is ${to}, no longer ${from}`;
}
