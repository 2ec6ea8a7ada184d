import { ProbeError } from "./error.ts";
import type { Identity } from "./identity.ts";
import { isJson } from "./merge-patch.ts";
import type { ProbeAccess } from "./vantage.ts";

/** A verb and a resource, as `kubectl auth can-i` takes them: `get pods/log`. */
export type Right = readonly [verb: string, resource: string];

/** What a Pod of our own takes: also to remove it, without which none is made. */
export const POD_RIGHTS: readonly Right[] = [
  ["create", "pods"],
  ["get", "pods"],
  ["delete", "pods"],
  ["get", "pods/log"],
];
/** What a container in a client's Pod takes. */
export const CONTAINER_RIGHTS: readonly Right[] = [
  ["patch", "pods/ephemeralcontainers"],
  ["get", "pods"],
  ["get", "pods/log"],
];

/** Holds what is needed to what the API server allows, before anything is made. Throws a ProbeError that names what is missing. */
export async function checkRights(
  { api }: ProbeAccess,
  { name }: Identity,
  rights: readonly Right[],
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const apiVersion = "authorization.k8s.io/v1";
  const reviews = rights.map(async ([verb, text]) => {
    const [resource, subresource = ""] = text.split("/");
    const spec = { resourceAttributes: { namespace, verb, resource, subresource } };
    const body = { apiVersion, kind: "SelfSubjectAccessReview", spec };
    const answer = await api.review(`/apis/${apiVersion}/selfsubjectaccessreviews`, body, signal);
    const status = isJson(answer.body) ? answer.body.status : null;
    // Where it does not say, the request itself will.
    return isJson(status) && status.allowed === false ? [`${verb} ${text}`] : [];
  });
  const missing = (await Promise.all(reviews)).flat();
  if (missing.length === 0) return;
  throw new ProbeError(
    `no permission to ${missing.join(", ")} in ${namespace}${name === null ? "" : ` (user ${name})`}`,
    "docs/rbac.yaml has the Role; resolve NAME --observe asks cluster DNS without a Pod of its own",
  );
}
