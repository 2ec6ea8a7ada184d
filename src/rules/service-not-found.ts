import { nearNames } from "../objects/near-names.ts";
import { byName, count, listed } from "../trace/words.ts";
import { kubectl, note, shellWord } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";
import { namespaceLeaving } from "./service-terminating.ts";

/**
 * Without a Service of that name in the namespace, CoreDNS has nothing to look endpoints up for: NXDOMAIN for the name
 * and for everything below it (plugin/kubernetes findServices).
 */
export const serviceNotFound = defineRule({
  id: "service-not-found",
  link: "service",
  severity: "error",
  summary: "the Service that was asked for does not exist",
  needs: { services: "complete", namespaces: "optional" },
  // Names that a StatefulSet or Pod needs have rules of their own that point at who needs them.
  applies: ({ asked, neededBy }) => asked && neededBy.length === 0,
  check({ namespace, name, service, services, namespaces, live }) {
    // service-terminating tells why there is none.
    if (service !== null || namespaceLeaving(namespaces) !== null) return [];
    const near = nearNames(
      name,
      services.inNamespace.map((one) => one.metadata.name),
    );
    const elsewhere = services.elsewhere.map((one) => one.metadata.namespace).sort(byName);
    // Manifests are not all there is: a namespace that they hold nothing of may have the Service all the same.
    if (!live && services.inNamespace.length === 0) {
      const there = elsewhere.length > 0 ? `; Service ${name} exists in ${listed(elsewhere)}` : "";
      return { cannotTell: `the input holds no Service of namespace ${namespace}${there}`, byNature: false };
    }
    const evidence = [
      services.inNamespace.length === 0
        ? `namespace ${namespace} has no Services at all`
        : `${count(services.inNamespace.length, "Service")} in ${namespace}, none of this name`,
      ...(near.length > 0 ? [`near names there: ${near.join(", ")}`] : []),
      ...(elsewhere.length > 0 ? [`Service ${name} exists in: ${listed(elsewhere, 5)}`] : []),
    ];
    const other = elsewhere[0];
    const meant = near[0];
    const remedy =
      other !== undefined
        ? [note(`clients of other namespaces must name the namespace: ${name}.${other}`), ...ask(name, other, live)]
        : meant !== undefined
          ? [note(`if ${meant} is meant, ask for that:`), ...ask(meant, namespace, live)]
          : [live ? kubectl(namespace, "get", "services") : note("add the Service's manifest to the input")];
    return [
      {
        object: { apiVersion: "v1", kind: "Service", namespace, name },
        message: `There is no Service ${name} in namespace ${namespace}, so cluster DNS answers NXDOMAIN for it and for every name below it.`,
        evidence,
        remedy: remedy.join("\n"),
      },
    ];
  },
});

/** In a cluster names are valid, so that none can be taken for a flag. */
function ask(name: string, namespace: string, live: boolean): readonly string[] {
  return live ? [["kheadless", "doctor", name, "-n", namespace].map(shellWord).join(" ")] : [];
}
