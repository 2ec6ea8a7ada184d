import { isHeadless, type Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";

/** A Service name that is to be traced. */
export interface SubjectName {
  readonly namespace: string;
  readonly name: string;
  readonly asked: boolean;
}

/**
 * The Service names that matter in the namespaces that were read, without anybody naming them: Services that are
 * headless or clearly meant to be, and names that a StatefulSet's serviceName or a Pod's subdomain needs headless,
 * whether or not such a Service exists. With `externalNames` also Services that give another name. Sorted by namespace and name.
 */
export function subjectsOf(
  index: SnapshotIndex,
  options: { readonly externalNames: boolean; readonly namespace?: string | undefined },
): readonly SubjectName[] {
  const found = new Map<string, SubjectName>();
  const add = (namespace: string, name: string): void => {
    if (name === "" || (options.namespace !== undefined && namespace !== options.namespace)) return;
    found.set(`${namespace}/${name}`, { namespace, name, asked: false });
  };
  for (const service of index.all("services")) {
    const { type, externalName } = service.spec;
    const wanted =
      isMeantHeadless(service) || (options.externalNames && (type === "ExternalName" || externalName !== null));
    if (wanted) add(service.metadata.namespace, service.metadata.name);
  }
  for (const workload of index.all("workloads")) {
    if (workload.serviceName !== null) add(workload.metadata.namespace, workload.serviceName);
  }
  for (const pod of index.all("pods")) add(pod.metadata.namespace, pod.spec.subdomain);
  return [...found.values()].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

/** Headless, or written so that its author can only have meant headless (`clusterIP: none`, `clusterIp: None`). */
function isMeantHeadless(service: Service): boolean {
  return (
    isHeadless(service) ||
    [service.spec.clusterIP, service.spec.loadBalancerIP, ...service.spec.clusterIPs].some(
      (value) => value !== null && meansNone(value),
    ) ||
    service.lookalikes.some(({ meant, value }) => meant.startsWith("clusterIP") && meansNone(value))
  );
}

/** Whether a text that stands where `None` belongs was meant as that: `none`, `"null"`, `'None'`, `["None"]`. */
export function meansNone(text: string): boolean {
  return ["none", "null", "nil"].includes(text.replace(/[^A-Za-z]/g, "").toLowerCase());
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
