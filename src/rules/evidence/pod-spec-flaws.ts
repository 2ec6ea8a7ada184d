import { isDns1123Label, isPortName } from "../../kubernetes/names.ts";
import type { FieldPath } from "../../objects/origin.ts";
import type { PodSpec } from "../../objects/pod.ts";
import type { WorkloadKind } from "../../objects/workload.ts";
import { note } from "../remedies/kubectl.ts";
import { nearLabel } from "../remedies/near-label.ts";
import { unfilledRemedy } from "../remedies/unfilled.ts";

/** What the API server rejects an object for. */
export interface Flaw {
  /** From the object's root. */
  readonly field: FieldPath;
  /** The end of "The API server rejects Pod web: ...". */
  readonly because: string;
  /** As it is written, for the evidence. */
  readonly written: string;
  readonly remedy: string;
}

/**
 * A hostname that is no label (pkg/apis/core/validation ValidatePodSpec); null where it is one, or is not written.
 * `told`: the Service below which a hostname that is too long is dns-name-too-long's.
 */
export function hostnameFlaw({ hostname, subdomain }: PodSpec, path: FieldPath, told: string | null): Flaw | null {
  if (hostname === "" || isDns1123Label(hostname) || (hostname.length > 63 && subdomain === told)) return null;
  const label = nearLabel(hostname).slice(0, 63);
  return {
    field: [...path, "hostname"],
    because: `hostname ${hostname} is no DNS label (lower case letters, digits and hyphens, at most 63, no dots)`,
    written: `hostname: ${hostname}`,
    remedy:
      unfilledRemedy(hostname) ??
      note(label === "" ? "leave the hostname out, or write a label" : `hostname: ${label}, and clients say so, too`),
  };
}

/** The first name of a container's port that is none, or that the container gives twice (validateContainerPorts). */
export function portNameFlaw({ containers, initContainers }: PodSpec, path: FieldPath): Flaw | null {
  const lists = { containers, initContainers };
  for (const list of ["containers", "initContainers"] as const) {
    for (const [index, container] of lists[list].entries()) {
      const names = new Set<string>();
      for (const [nth, { name }] of container.ports.entries()) {
        if (name === "") continue;
        const repeated = names.has(name);
        names.add(name);
        if (isPortName(name) && !repeated) continue;
        return {
          field: [...path, list, index, "ports", nth, "name"],
          because: repeated
            ? `container ${container.name} gives two ports the name ${name}`
            : `port name ${name} of container ${container.name} is none (at most 15 lower case letters, digits and single hyphens, a letter among them)`,
          written: `name: ${name}${name.length > 15 ? ` (${name.length} characters)` : ""}`,
          remedy:
            unfilledRemedy(name) ??
            note("name the port anew, and let the targetPort of Services and the probes that name it follow"),
        };
      }
    }
  }
  return null;
}

/** A restartPolicy that the kind does not take: servers run Always, Jobs have to end (pkg/apis/apps and batch validation). */
export function restartPolicyFlaw({ restartPolicy }: PodSpec, kind: WorkloadKind, path: FieldPath): Flaw | null {
  const ends = kind === "Job" || kind === "CronJob";
  if (ends === (restartPolicy === "OnFailure" || restartPolicy === "Never")) return null;
  return {
    field: [...path, "restartPolicy"],
    because: ends
      ? `restartPolicy of its Pods must be OnFailure or Never, and is ${restartPolicy}, which is what a Pod has that says nothing`
      : `restartPolicy of its Pods must be Always, and is ${restartPolicy}`,
    written: `restartPolicy: ${restartPolicy}`,
    remedy: note(ends ? "restartPolicy: OnFailure (or Never)" : "remove restartPolicy: Always is the default"),
  };
}
