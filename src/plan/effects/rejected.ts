import { admitService, updateClusterIp } from "../../kubernetes/service-defaults.ts";
import type { KubernetesObject } from "../../objects/meta.ts";
import { formatPath } from "../../objects/origin.ts";
import { isHeadless, type Service } from "../../objects/service.ts";
import { kubectl, kubectlPatch, note } from "../../rules/remedies/kubectl.ts";
import { type Applying, at, type Effect } from "../effect.ts";

/** Why the API server will not take a Service over the one that is there, or not at all; and what to do. */
export function rejectedService(before: Service | null, after: Service, applying: Applying): readonly Effect[] {
  const { namespace, name } = after.metadata;
  const base = { effect: "apply-rejected", severity: "warning", services: [`${namespace}/${name}`] } as const;
  const [flaw] = after.live ? [] : admitService(after, null).rejected;
  if (flaw !== undefined) {
    const message = `The API server rejects Service ${name}: ${formatPath(flaw.field)} ${flaw.message}.`;
    return [{ ...base, ...at(after, flaw.field), message, steps: "" }];
  }
  // What was never stored is in nobody's way.
  if (before === null || (!before.live && admitService(before, null).rejected.length > 0)) return [];
  const [was, is] = [isHeadless(before), isHeadless(after)];
  if (updateClusterIp(before, after).rejected !== null && was !== is) {
    const change = is ? "has a cluster IP and is to be headless" : "is headless and is to have a cluster IP";
    const message = `kubectl apply fails where Service ${name} exists: it ${change}, and clusterIP cannot be changed.`;
    return [
      { ...base, ...at(after, ["spec", "clusterIP"]), message, steps: byWayOfExternalName(before, after, applying) },
    ];
  }
  const [oldFamily, newFamily] = [before.spec.ipFamilies[0], after.spec.ipFamilies[0]];
  if (!was && !is && oldFamily !== undefined && newFamily !== undefined && oldFamily !== newFamily) {
    const message = `kubectl apply fails where Service ${name} exists: its first IP family cannot change from ${oldFamily} to ${newFamily}.`;
    return [
      {
        ...base,
        ...at(after, ["spec", "ipFamilies", 0]),
        message,
        steps: byWayOfExternalName(before, after, applying),
      },
    ];
  }
  return [];
}

/**
 * A Service that goes to ExternalName and back may have another cluster IP (validateUpgradeDowngradeClusterIPs), and
 * keeps its EndpointSlices, which deleting it would take along: its names are gone for the moment between two commands.
 */
function byWayOfExternalName(before: Service, after: Service, { command }: Applying): string {
  const { namespace, name } = after.metadata;
  const away = { spec: { type: "ExternalName", externalName: "moving.invalid" } };
  const families = after.spec.ipFamilies.length === 0 ? {} : { ipFamilies: after.spec.ipFamilies };
  const back = {
    spec: {
      type: after.spec.type,
      externalName: null,
      ...((after.spec.clusterIP ?? "") === "" ? {} : { clusterIP: after.spec.clusterIP }),
      ...families,
    },
  };
  const patch = (spec: unknown): string => kubectlPatch(namespace, "service", name, spec, "merge");
  const clients = isHeadless(before)
    ? `clients that use per-Pod names or ports other than ${name}'s own must be ready before`
    : "clients connect to the Pods themselves from then on";
  return [
    note("in one go: only between these two are the names gone, and the EndpointSlices stay"),
    `${patch(away)} && ${patch(back)}`,
    command,
    note(clients),
  ].join("\n");
}

/** `clusterIP` that is left out where it was written: the Service stays what it is, and only a new one would differ. */
export function keptClusterIp(before: Service, written: Service): readonly Effect[] {
  const { clusterIp, rejected } = updateClusterIp(before, written);
  const wrote = written.spec.clusterIP ?? written.spec.clusterIPs[0] ?? "";
  const kept = rejected === null && clusterIp === "None" && wrote === "" && written.spec.type !== "ExternalName";
  return kept && !written.live ? [clusterIpKept(written)] : [];
}

/** `object` is the Service as the manifest has it. */
export function clusterIpKept(object: KubernetesObject): Effect {
  const { namespace, name } = object.metadata;
  return {
    effect: "cluster-ip-kept",
    severity: "warning",
    services: [`${namespace}/${name}`],
    ...at(object, ["spec"]),
    message: `clusterIP: None is left out of Service ${name}: where it exists it stays headless, as an update without the field keeps it; made anew it gets a cluster IP.`,
    steps: [
      note(`write clusterIP: None again if Service ${name} is to stay headless; if not, see what it is now:`),
      kubectl(namespace, "get", "service", name, "-o", "jsonpath={.spec.clusterIP}"),
    ].join("\n"),
  };
}
