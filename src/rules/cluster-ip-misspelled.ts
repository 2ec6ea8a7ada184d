import type { FieldChange } from "../objects/field-change.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Service } from "../objects/service.ts";
import { meansNone } from "../trace/subjects.ts";
import { note } from "./remedies/kubectl.ts";
import { makeHeadless } from "./remedies/recreate.ts";
import { defineRule } from "./rule.ts";

/** A place where a Service's author can only have meant `clusterIP: None`, and what Kubernetes does with it instead. */
export interface Misspelling {
  readonly field: FieldPath;
  readonly written: string;
  readonly outcome: string;
  /** What makes it right, where no other field is in the way. */
  readonly patch: readonly FieldChange[];
}

const CLUSTER_IP = ["spec", "clusterIP"];
const NONE: FieldChange = { path: CLUSTER_IP, value: "None" };

/**
 * Only the exact text None in `clusterIP` makes a Service headless (pkg/apis/core/validation ValidateServiceClusterIPsRelatedFields);
 * field names are matched by their exact case.
 */
export function misspellingOf({ spec, lookalikes, live }: Service): Misspelling | null {
  const { clusterIP, clusterIPs, loadBalancerIP } = spec;
  // None goes with no other type.
  const alone = spec.type === "ClusterIP" && clusterIPs.every((ip) => ip === "None");
  if (clusterIP !== null && clusterIP !== "None" && meansNone(clusterIP)) {
    return {
      field: ["spec", "clusterIP"],
      written: `clusterIP: ${JSON.stringify(clusterIP)}`,
      outcome: "the API server rejects it: a clusterIP is an address, empty, or exactly None",
      patch: alone ? [NONE] : [],
    };
  }
  if (clusterIP === "None") {
    if (live || clusterIPs.length === 0 || (clusterIPs.length === 1 && clusterIPs[0] === "None")) return null;
    return {
      field: ["spec", "clusterIPs"],
      written: `clusterIP: None with clusterIPs: [${clusterIPs.join(", ")}]`,
      outcome: "the API server rejects it: beside clusterIP: None, clusterIPs may only be [None]",
      patch: [],
    };
  }
  if (!live && (clusterIP ?? "") === "" && clusterIPs.some(meansNone)) {
    return {
      field: ["spec", "clusterIPs"],
      written: `clusterIPs: [${clusterIPs.join(", ")}] without clusterIP`,
      outcome: "the API server rejects it: clusterIPs must be empty where clusterIP is not given",
      patch: alone ? [NONE] : [],
    };
  }
  const lookalike = lookalikes.find(({ meant, value }) => meant.startsWith("clusterIP") && meansNone(value));
  if (lookalike !== undefined) {
    return {
      field: ["spec", lookalike.field],
      written: `${lookalike.field}: ${lookalike.value}`,
      outcome: `Kubernetes knows no field ${lookalike.field}: kubectl refuses it, and other clients drop it without a word, so that the Service gets a cluster IP`,
      patch:
        alone && clusterIP === null && lookalike.meant === "clusterIP"
          ? [{ path: ["spec", lookalike.field], value: null }, NONE]
          : [],
    };
  }
  if (loadBalancerIP !== null && meansNone(loadBalancerIP)) {
    return {
      field: ["spec", "loadBalancerIP"],
      written: `loadBalancerIP: ${JSON.stringify(loadBalancerIP)}`,
      outcome:
        "the field asks a load balancer for an address and makes nothing headless, so the Service gets a cluster IP",
      patch: [],
    };
  }
  return null;
}

/** `clusterIP: None` was meant, and something else is written. */
export const clusterIpMisspelled = defineRule({
  id: "cluster-ip-misspelled",
  link: "service",
  severity: "error",
  summary: "clusterIP: None was meant, and what is written does not make the Service headless",
  needs: {},
  applies: ({ service }) => service !== null,
  check({ service }) {
    const found = service === null ? null : misspellingOf(service);
    if (service === null || found === null) return [];
    const { name } = service.metadata;
    const field = found.field.at(-1);
    const moved = field !== "clusterIP" ? [note(`instead of ${found.written}`)] : [];
    return [
      {
        object: service,
        field: found.field,
        message: `Service ${name} is meant to be headless, but ${found.outcome}.`,
        evidence: [`written: ${found.written}`, "wanted: clusterIP: None"],
        remedy: [makeHeadless(service), ...moved].join("\n"),
        patch: service.live ? [] : found.patch,
      },
    ];
  },
});
