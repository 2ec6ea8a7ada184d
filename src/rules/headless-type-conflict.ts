import { note } from "./remedies/kubectl.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule } from "./rule.ts";

/**
 * `clusterIP: None` goes with type ClusterIP only: node ports and load balancers are built on the cluster IP, and an
 * ExternalName Service has none to set (pkg/apis/core/validation ValidateService). Only manifests can hold it.
 */
export const headlessTypeConflict = defineRule({
  id: "headless-type-conflict",
  link: "service",
  severity: "error",
  summary: "clusterIP: None with type NodePort, LoadBalancer or ExternalName, which the API server rejects",
  needs: {},
  applies: ({ service }) => service !== null && service.spec.clusterIP === "None",
  check({ service }) {
    if (service === null || service.live || service.spec.type === "ClusterIP") return [];
    const { type, externalName } = service.spec;
    const { name } = service.metadata;
    const reason =
      type === "ExternalName"
        ? "an ExternalName Service is an alias and may not set clusterIP"
        : `a ${type} is built on the cluster IP that None does away with`;
    return [
      {
        object: service,
        field: ["spec", "type"],
        message: `Service ${name} has type ${type} and clusterIP: None, which the API server rejects: ${reason}. It is never made, so none of its names exist.`,
        evidence: [
          `type: ${type}`,
          "clusterIP: None",
          ...(externalName === null ? [] : [`externalName: ${externalName}`]),
        ],
        remedy:
          type === "ExternalName"
            ? [
                note("for an alias, remove clusterIP; for the Pods' own addresses, remove type and externalName:"),
                HEADLESS,
              ].join("\n")
            : [
                HEADLESS,
                note(
                  `where the ${type} is needed, too, write it as a second Service with the same selector, without clusterIP`,
                ),
              ].join("\n"),
      },
    ];
  },
});

const HEADLESS = yamlLines({ spec: { type: "ClusterIP", clusterIP: "None" } });
