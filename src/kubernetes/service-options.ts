import type { Service } from "../objects/service.ts";
import { type AdmissionNote, note } from "./admission-note.ts";
import { isEndpointIp, isLegacyRange, legacyIpFamily } from "./legacy-ip.ts";
import { isQualifiedName } from "./names.ts";

const TRAFFIC_DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"];

/** What the API server rejects of the fields that matter to proxies and load balancers only. */
export function serviceOptionNotes({ spec }: Service): readonly AdmissionNote[] {
  const notes: AdmissionNote[] = [];
  const oneOf = (field: string, value: string | null, values: readonly string[]): void => {
    if (value !== null && !values.includes(value))
      notes.push(note(["spec", field], `must be one of ${values.join(", ")}`));
  };
  oneOf("sessionAffinity", spec.sessionAffinity === "" ? null : spec.sessionAffinity, ["None", "ClientIP"]);
  oneOf("internalTrafficPolicy", spec.internalTrafficPolicy, ["Cluster", "Local"]);
  oneOf("trafficDistribution", spec.trafficDistribution, TRAFFIC_DISTRIBUTIONS);
  const accessible =
    spec.type === "LoadBalancer" ||
    spec.type === "NodePort" ||
    (spec.type === "ClusterIP" && spec.externalIPs.length > 0);
  if (accessible) {
    oneOf("externalTrafficPolicy", spec.externalTrafficPolicy === "" ? null : spec.externalTrafficPolicy, [
      "Cluster",
      "Local",
    ]);
  } else if (spec.externalTrafficPolicy !== null && spec.externalTrafficPolicy !== "") {
    notes.push(note(["spec", "externalTrafficPolicy"], "can be set only where the Service is reached from outside"));
  }
  for (const [index, text] of spec.externalIPs.entries()) {
    if (legacyIpFamily(text) === null) notes.push(note(["spec", "externalIPs", index], "must be an IP address"));
    else if (!isEndpointIp(text))
      notes.push(note(["spec", "externalIPs", index], "cannot be unspecified, loopback or link-local"));
  }
  const balanced = spec.type === "LoadBalancer";
  const elsewhere = "can be set only on a Service of type LoadBalancer";
  if (spec.loadBalancerClass !== null) {
    if (!balanced) notes.push(note(["spec", "loadBalancerClass"], elsewhere));
    else if (!isQualifiedName(spec.loadBalancerClass))
      notes.push(note(["spec", "loadBalancerClass"], "must be a name as labels have"));
  }
  if (spec.loadBalancerSourceRanges.length > 0 && !balanced) {
    notes.push(note(["spec", "loadBalancerSourceRanges"], elsewhere));
  }
  for (const [index, text] of spec.loadBalancerSourceRanges.entries()) {
    if (!isLegacyRange(text))
      notes.push(note(["spec", "loadBalancerSourceRanges", index], "must be a range of addresses as 192.0.2.0/24"));
  }
  return notes;
}
