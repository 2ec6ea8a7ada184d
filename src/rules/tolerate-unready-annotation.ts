import { isPublishing } from "./evidence/consequence.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule } from "./rule.ts";

/** What publishNotReadyAddresses was before it was a field. */
const ANNOTATION = "service.alpha.kubernetes.io/tolerate-unready-endpoints";

/** The EndpointSlice controller reads only the field (endpointslice utils.go podToEndpoint): the annotation is a wish that nobody hears. */
export const tolerateUnreadyAnnotation = defineRule({
  id: "tolerate-unready-annotation",
  link: "readiness",
  severity: "warning",
  summary: "an annotation that no longer publishes not-ready Pods",
  needs: {},
  applies: (subject) =>
    subject.service !== null && subject.service.spec.type !== "ExternalName" && !isPublishing(subject),
  check({ service, namespace, name, live, headless, now }) {
    const value = service?.metadata.annotations[ANNOTATION];
    // "false" asks for what happens anyway.
    if (service === null || value === undefined || value.trim().toLowerCase() !== "true") return [];
    const effect = headless
      ? `Pods that are not Ready are not in DNS, and Pods that look for their peers' names before they are Ready do not find them`
      : `Pods that are not Ready are not published`;
    return [
      {
        object: service,
        field: ["metadata", "annotations", ANNOTATION],
        message: `Service ${name} asks for not-ready Pods by the annotation tolerate-unready-endpoints, which Kubernetes no longer reads; spec.publishNotReadyAddresses is not set. So ${effect}.`,
        evidence: [`${ANNOTATION}: ${value}`, "spec.publishNotReadyAddresses: false", ...provenance(service, now)],
        patch: live
          ? []
          : [
              { path: ["spec", "publishNotReadyAddresses"], value: true },
              { path: ["metadata", "annotations", ANNOTATION], value: null },
            ],
        remedy: live
          ? [
              kubectlPatch(namespace, "service", name, { spec: { publishNotReadyAddresses: true } }),
              kubectl(namespace, "annotate", "service", name, `${ANNOTATION}-`),
            ].join("\n")
          : [
              yamlLines({ spec: { publishNotReadyAddresses: true } }),
              note(`and remove the annotation ${ANNOTATION}`),
            ].join("\n"),
      },
    ];
  },
});
