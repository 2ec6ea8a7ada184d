import type { Namespace } from "../objects/others.ts";
import type { Service } from "../objects/service.ts";
import { age } from "../trace/age.ts";
import type { Part } from "../trace/part.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { listed } from "../trace/words.ts";
import { leftToAnswer } from "./evidence/consequence.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * An object with a deletionTimestamp goes as soon as its last finalizer is taken off, and no update takes that back
 * (apiserver registry/generic/registry store.go). Of a namespace all objects are deleted, and nothing new may be made in it
 * (admission plug-in NamespaceLifecycle). Until its Service is gone, CoreDNS and the EndpointSlice controller go on with it.
 */
export const serviceTerminating = defineRule({
  id: "service-terminating",
  link: "service",
  severity: "warning",
  summary: "the Service, or its whole namespace, is being deleted",
  needs: { namespaces: "optional", podStates: "optional", endpointSlices: "optional" },
  liveOnly: true,
  check({ service, namespace, namespaces, podStates, endpointSlices, now, headless, name }) {
    const leaving = namespaceLeaving(namespaces);
    if (leaving !== null) {
      const states = podStates.status === "unavailable" ? [] : podStates.value;
      const left = leftToAnswer(states, endpointSlices, service?.spec.publishNotReadyAddresses === true);
      return [ofNamespace(leaving, { service, namespace, name, headless, now }, left)];
    }
    return service?.metadata.deletionTimestamp ? [ofService(service, now)] : [];
  },
});

/** The Service's namespace, where it is being deleted: no Pod comes back in it then, and what lacks there follows from that. */
export function namespaceLeaving(namespaces: Part<Parts["namespaces"]>): Namespace | null {
  const own = namespaces.status === "unavailable" ? null : namespaces.value.own;
  return own !== null && own.metadata.deletionTimestamp !== null ? own : null;
}

function ofNamespace(
  leaving: Namespace,
  { service, namespace, name, headless, now }: Pick<Subject, "service" | "namespace" | "name" | "headless" | "now">,
  left: number,
): RuleFinding {
  const held = service?.metadata.finalizers ?? [];
  const gone =
    service === null
      ? `Service ${name} is gone already`
      : left > 0
        ? `Service ${name} and what still answers behind it go, too`
        : `Service ${name} is left, with nothing that could answer${headless ? ", so its name is NXDOMAIN" : ""}`;
  return {
    object: leaving,
    severity: left > 0 ? "warning" : "error",
    brief: "its namespace is being deleted",
    message: `Namespace ${namespace} is being deleted${sinceText(leaving, now)}: all that is in it is deleted, and the API server lets nothing new be made there. ${gone}.`,
    evidence: [
      `Namespace ${namespace}: deletionTimestamp ${leaving.metadata.deletionTimestamp}, phase ${leaving.phase}`,
      ...(service === null ? [] : stateOf(service)),
    ],
    remedy: [
      note("what holds it is told by its conditions:"),
      kubectl("", "get", "namespace", namespace, "-o", "jsonpath={.status.conditions}"),
      ...(service === null || held.length === 0 ? [] : release(service)),
      note("a deletion is not taken back: make the namespace again once it is gone"),
    ].join("\n"),
  };
}

function ofService(service: Service, now: string | null): RuleFinding {
  const { name, namespace, finalizers } = service.metadata;
  const one = finalizers.length === 1;
  return {
    object: service,
    field: ["metadata", "deletionTimestamp"],
    message: `Service ${name} is being deleted${sinceText(service, now)}, and only ${one ? "finalizer" : "finalizers"} ${listed(finalizers)} ${one ? "keeps" : "keep"} it. Until then its names are answered as before; then it is gone with all of them, whatever is applied to it meanwhile.`,
    brief: "being deleted",
    evidence: stateOf(service),
    remedy: [
      note("a deletion is not taken back; this is what to make again, once it is gone:"),
      kubectl(namespace, "get", "service", name, "-o", "yaml"),
      ...release(service),
    ].join("\n"),
  };
}

function sinceText({ metadata }: Namespace | Service, now: string | null): string {
  const since = age(metadata.deletionTimestamp, now);
  return since === null ? "" : `, for ${since} now`;
}

function stateOf({ metadata }: Service): readonly string[] {
  const { name, deletionTimestamp, finalizers } = metadata;
  return [
    ...(deletionTimestamp === null ? [] : [`Service ${name}: deletionTimestamp ${deletionTimestamp}`]),
    ...(finalizers.length === 0 ? [] : [`Service ${name}: metadata.finalizers: ${finalizers.join(", ")}`]),
  ];
}

/** Kept from being pasted: it ends what still answers. */
function release({ metadata: { namespace, name } }: Service): readonly string[] {
  return [
    note("whoever set the finalizer is to remove it when done; where it is gone or has nothing to do:"),
    note(kubectlPatch(namespace, "service", name, { metadata: { finalizers: null } }, "merge")),
  ];
}
