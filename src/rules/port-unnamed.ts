import { isPortName } from "../kubernetes/names.ts";
import type { Service, ServicePort } from "../objects/service.ts";
import { setPortField } from "./evidence/pod-ports.ts";
import { defineRule } from "./rule.ts";

/**
 * SRV below a port's name (`_mysql._tcp.NAME`) is matched against the name of the endpoint's port
 * (plugin/kubernetes findServices, matchPortAndProtocol); a port without a name has none.
 */
export const portUnnamed = defineRule({
  id: "port-unnamed",
  link: "service",
  severity: "info",
  summary: "a port without a name: SRV below a port's name does not exist",
  needs: {},
  applies: ({ service, headless }) => headless && service !== null,
  check({ service, namespace, clusterDomain }) {
    if (service === null) return [];
    const { ports } = service.spec;
    const { name } = service.metadata;
    return ports.flatMap((port, index) => {
      if (port.name !== "") return [];
      const suggested = nameFor(service, index);
      const proto = port.protocol.toLowerCase();
      const rejected = ports.length > 1 && !service.live;
      return [
        {
          object: service,
          field: ["spec", "ports", index],
          ...(rejected ? { severity: "error" as const } : {}),
          message: rejected
            ? `Port ${port.port} of Service ${name} has no name, and where there is more than one port the API server rejects that: the Service is never made, so none of its names exist.`
            : `Port ${port.port} of Service ${name} has no name, so there is no SRV record below a port's name (_${suggested}._${proto}.${name}.${namespace}.svc.${clusterDomain} is NXDOMAIN). SRV at the Service's own name lists the port all the same.`,
          evidence: [`port: ${port.port}, protocol: ${port.protocol}, no name`],
          remedy: setPortField(service, index, "name", suggested),
          // Without a name it cannot be made at all; where it can, a name is the author's to give.
          patch:
            rejected && isPortName(suggested) ? [{ path: ["spec", "ports", index, "name"], value: suggested }] : [],
        },
      ];
    });
  },
});

/** A name that no other port has: the target port's, else made of protocol and number. */
function nameFor({ spec }: Service, index: number): string {
  const port = spec.ports[index];
  if (port === undefined) return "";
  const taken = new Set(spec.ports.map(({ name }) => name));
  const made = (one: ServicePort): string =>
    typeof one.targetPort === "string" ? one.targetPort : `${one.protocol.toLowerCase()}-${one.port}`;
  const wanted = made(port);
  const twice = spec.ports.some((one, at) => at !== index && one.name === "" && made(one) === wanted);
  return taken.has(wanted) || twice ? `${port.protocol.toLowerCase()}-${port.port}` : wanted;
}
