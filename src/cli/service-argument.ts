import { nearNames } from "../objects/near-names.ts";
import { UsageError } from "./errors.ts";

/** A Service as the user names it; `namespace` null where the name leaves it out. */
export interface ServiceArgument {
  readonly name: string;
  readonly namespace: string | null;
}

const KINDS = ["svc", "service", "services"];

/**
 * Reads `mysql`, `svc/mysql`, `mysql.shop`, `mysql.shop.svc` or `mysql.shop.svc.cluster.local`, in any case and with or
 * without a trailing dot. Throws UsageError for what can be no Service's name, saying what could be asked instead.
 */
export function parseServiceArgument(text: string, clusterDomain: string, program: string): ServiceArgument {
  const slash = text.indexOf("/");
  const kind = slash === -1 ? "svc" : text.slice(0, slash).toLowerCase();
  const path = text
    .slice(slash + 1)
    .toLowerCase()
    .replace(/\.$/, "");
  if (!KINDS.includes(kind)) {
    const near = nearNames(kind, KINDS)[0];
    const meant = near === undefined ? `ask for the Service itself: svc/NAME` : `did you mean ${near}/${path}?`;
    throw new UsageError(`${text}: only Services are asked about by name here, not ${kind}; ${meant}`);
  }
  const labels = path.split(".");
  const [name = "", namespace = null, svc, ...domain] = labels;
  if (labels.some((label) => !/^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(label))) {
    throw new UsageError(`"${text}" is not a Service's name`);
  }
  if (labels.length <= 2) return { name, namespace };
  const wanted = clusterDomain.split(".");
  if (svc === "svc" && (domain.length === 0 || domain.join(".") === clusterDomain)) return { name, namespace };
  const at = labels.indexOf("svc");
  const below = at > 2 && labels.slice(at + 1).join(".") === (labels.length > at + 1 ? wanted.join(".") : "");
  if (below) {
    const service = labels.slice(at - 2, at).join(".");
    throw new UsageError(`"${text}" is a name below a Service; ask for ${service}, or: ${program} resolve ${path}.`);
  }
  throw new UsageError(
    `"${text}" is not under the cluster domain ${clusterDomain}: write NAME.NAMESPACE.svc.${clusterDomain}, or set --cluster-domain`,
  );
}
