import { hasSelector, isHeadless, type Service, type ServicePort } from "../objects/service.ts";
import { isRunTimeLabel } from "../trace/run-time-labels.ts";
import type { HeadlessNeed } from "../trace/trace.ts";
import { byName, listed } from "../trace/words.ts";
import { misspellingOf } from "./cluster-ip-misspelled.ts";
import { needers } from "./evidence/headless-needs.ts";
import { differencesOf, type LabelDifference } from "./evidence/label-differences.ts";
import { governOtherwise } from "./remedies/governing-service.ts";
import { note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { makeHeadless } from "./remedies/recreate.ts";
import { defineRule } from "./rule.ts";

/**
 * A Service that is not headless answers its cluster IP, whatever its endpoints (plugin/kubernetes findServices). Names
 * of single Pods below it are outside the DNS specification (kubernetes/dns, specification 2.3); CoreDNS looks endpoints
 * up for them all the same (`svc.Headless() || r.endpoint != ""`), kube-dns and others do not.
 */
export const clusterIpNotNone = defineRule({
  id: "cluster-ip-not-none",
  link: "service",
  severity: "error",
  summary: "a Service that is needed headless has a cluster IP",
  needs: { services: "optional", applied: "optional" },
  applies: ({ service, headless }) => service !== null && !headless,
  check({ service, namespace, name, asked, neededBy, services, applied, now }) {
    if (service === null || misspellingOf(service) !== null) return [];
    // A manifest that says None and is not let in is cluster-ip-immutable's.
    const updates = applied.status === "unavailable" ? [] : applied.value.rejected;
    if (updates.some(({ object }) => object.kind === "Service" && object.metadata.name === name)) return [];
    // None together with another type is headless-type-conflict's.
    if (service.spec.clusterIP === "None") return [];
    const needs = needers(neededBy);
    if (needs.length === 0 && (!asked || service.spec.externalName !== null)) return [];
    const others = services.status === "unavailable" ? [] : services.value.inNamespace;
    const sibling = headlessSibling(service, others);
    const evidence = [
      stateOf(service),
      ...needs.map((need) => `needed headless by ${need}`),
      ...(sibling === null ? [] : [`Service ${sibling} is headless and selects the same Pods`]),
      ...provenance(service, now),
    ];
    const field = service.spec.type === "ExternalName" ? ["spec", "type"] : ["spec", "clusterIP"];
    if (needs.length === 0) {
      return [
        {
          object: service,
          field,
          severity: "warning",
          message: `Service ${name} is not headless: its name answers ${oneAddress(service)}, behind which connections are spread over the Pods, and never the Pods' own addresses.`,
          evidence,
          remedy: [
            sibling === null
              ? note("nothing needs to change where one address for all Pods is what clients want")
              : note(
                  `the Pods' own addresses are those of ${sibling}.${namespace}: kheadless doctor ${sibling} -n ${namespace}`,
                ),
            ...(sibling === null && hasSelector(service) ? [makeHeadless(service)] : []),
          ].join("\n"),
        },
      ];
    }
    return [
      {
        object: service,
        field,
        message: neededMessage(service, neededBy),
        evidence,
        remedy: remedyOf(service, neededBy, sibling, others),
        patch:
          sibling === null && becomesHeadless(service) && !isForClients(service, neededBy)
            ? [{ path: ["spec", "clusterIP"], value: "None" }]
            : [],
      },
    ];
  },
});

/** Whether None is all that is missing: nothing else stands in the way, and clients find the same ports afterwards. */
function becomesHeadless(service: Service): boolean {
  const { type, clusterIP, clusterIPs, ports } = service.spec;
  const free = !service.live && type === "ClusterIP" && (clusterIP ?? "") === "" && clusterIPs.length === 0;
  return free && hasSelector(service) && ports.every(({ port, targetPort }) => port === targetPort);
}

function neededMessage(service: Service, neededBy: readonly HeadlessNeed[]): string {
  const { name } = service.metadata;
  const needs = needers(neededBy);
  const who = listed(needs);
  const need = needs.length === 1 ? "needs" : "need";
  if (service.spec.type === "ExternalName") {
    return `Service ${name} is of type ExternalName, but ${who} ${need} it headless: its name is only an alias of ${service.spec.externalName ?? "nothing"}, and no name of a Pod exists below it.`;
  }
  const has = service.live ? `has a cluster IP` : `is written without clusterIP: None, so that it gets a cluster IP`;
  return `Service ${name} ${has}, but ${who} ${need} it headless. Its name answers ${oneAddress(service)} instead of the Pods' own, so peers and clients cannot find the Pods by it. ${podNames(service, neededBy)}`;
}

/** What becomes of `mysql-0.mysql`: CoreDNS answers for endpoints only, and whose hostname is known. */
function podNames(service: Service, neededBy: readonly HeadlessNeed[]): string {
  if (!hasSelector(service)) {
    return "Nor has it a selector: Kubernetes makes no Pod an endpoint of it, so names of single Pods below it exist only where whoever writes its endpoints gives them hostnames.";
  }
  const lacking = lackingLabels(service, neededBy);
  const atRunTime = lacking.find(({ key, wanted }) => isRunTimeLabel(key, wanted));
  if (atRunTime !== undefined) {
    return `Nor does it select all of these Pods, but only those that are given ${atRunTime.key}=${atRunTime.wanted} while they run: the others have no name below it.`;
  }
  return lacking.length > 0
    ? "Nor does it select these Pods, so names of single Pods below it are NXDOMAIN."
    : "Names of single Pods below such a Service are not in the Kubernetes DNS specification: today's CoreDNS happens to answer them, other cluster DNS servers answer NXDOMAIN.";
}

/** The labels that keep all Pods that need it from being selected; none where it selects some. */
function lackingLabels({ spec }: Service, neededBy: readonly HeadlessNeed[]): readonly LabelDifference[] {
  const lacking = neededBy.map(({ by }) =>
    differencesOf(spec.selector ?? {}, by.kind === "Pod" ? by.metadata.labels : by.template.labels),
  );
  return lacking.some((differences) => differences.length === 0) ? [] : lacking.flat();
}

/**
 * Where a headless Service over the same Pods exists, the clients' one was named by mistake. Where clients surely go on
 * needing this one as it is, the StatefulSet gets one of its own.
 */
function remedyOf(
  service: Service,
  neededBy: readonly HeadlessNeed[],
  sibling: string | null,
  others: readonly Service[],
): string {
  const sets = neededBy
    .flatMap(({ by }) => (by.kind === "StatefulSet" ? [by] : []))
    .sort((a, b) => byName(a.metadata.name, b.metadata.name));
  if (sets.length > 0 && sibling !== null) {
    return [
      note(`Service ${sibling} is headless and has the same Pods, so it is the one to name:`),
      governOtherwise(sets, sibling, others),
    ].join("\n");
  }
  const { name } = service.metadata;
  const own = ["-headless", "-hl"]
    .map((suffix) => `${name}${suffix}`)
    .find((one) => one.length <= 63 && !others.some(({ metadata }) => metadata.name === one));
  if (own !== undefined && sets.length > 0 && sets.length === neededBy.length && isForClients(service, neededBy)) {
    return [
      note(`clients use Service ${name} as it is: keep it, and give the Pods a headless one of their own:`),
      governOtherwise(sets, own, others),
    ].join("\n");
  }
  return [
    makeHeadless(service),
    ...(sets.length > 0 && hasSelector(service)
      ? [note("clients that want one address for all Pods need a second Service, without clusterIP: None")]
      : []),
  ].join("\n");
}

/** Whether None would take from clients, and give nothing: a way in from outside, other endpoints, translated ports. */
function isForClients(service: Service, neededBy: readonly HeadlessNeed[]): boolean {
  const { type, ports } = service.spec;
  if (type === "ExternalName") return false;
  if (type !== "ClusterIP" || !hasSelector(service)) return true;
  return lackingLabels(service, neededBy).length > 0 || ports.some(isTranslated);
}

function isTranslated({ port, targetPort }: ServicePort): boolean {
  return typeof targetPort === "number" && targetPort !== port;
}

function oneAddress(service: Service): string {
  const ips = service.spec.clusterIPs.filter((ip) => ip !== "");
  const ip = ips.length > 0 ? ips.join(" and ") : service.spec.clusterIP;
  return ip === null || ip === "" ? "one virtual address" : `the one virtual address ${ip}`;
}

function stateOf({ spec, live }: Service): string {
  if (spec.type === "ExternalName") return `type: ExternalName, externalName: ${spec.externalName ?? ""}`;
  const ip = spec.clusterIPs[0] ?? spec.clusterIP;
  if (ip !== null && ip !== "") return `type: ${spec.type}, clusterIP: ${ip}`;
  return live
    ? `type: ${spec.type}, no clusterIP`
    : `type: ${spec.type}, no clusterIP written: the API server assigns one`;
}

/** A headless Service with the very same selector, such as charts have beside the one for clients. */
function headlessSibling(service: Service, all: readonly Service[]): string | null {
  const wanted = keyOf(service);
  if (wanted === "[]") return null;
  const names = all.filter((one) => isHeadless(one) && keyOf(one) === wanted).map((one) => one.metadata.name);
  return names.sort(byName)[0] ?? null;
}

function keyOf({ spec }: Service): string {
  return JSON.stringify(Object.entries(spec.selector ?? {}).sort());
}
