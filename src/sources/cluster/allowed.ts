import { unavailable } from "../../objects/collected.ts";
import type { Listed, Snapshot } from "../../objects/snapshot.ts";
import { type ClusterRequest, readCluster } from "./collect.ts";
import type { ClusterConnection } from "./connection.ts";
import type { Api } from "./http.ts";
import { describeLacks } from "./lack.ts";
import { readResource } from "./list.ts";

/**
 * Reads all namespaces; where their Services may not be listed all at once, those that the user may read, each for itself.
 * Namespaces that may not be read stand in the Snapshot as lists of Services that are unavailable. Throws as readCluster does.
 */
export async function readAllowed(
  connection: ClusterConnection,
  request: Omit<ClusterRequest, "namespaces">,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { api } = connection;
  const everything = (): Promise<Snapshot> => readCluster(connection, { ...request, namespaces: "all" }, signal);
  if (await mayListServices(api, null, signal)) return everything();
  const known = await readResource(api, "namespaces", { namespace: null, bulk: true }, signal);
  // Who may not even list them is left with the context's own.
  const names = known.some ? known.items.map(({ metadata }) => metadata.name) : [connection.namespace];
  const may = await Promise.all(names.map((namespace) => mayListServices(api, namespace, signal)));
  const allowed = names.filter((_, at) => may[at]).sort();
  if (allowed.length === 0) return everything();
  const refused = known.some ? names.filter((_, at) => !may[at]) : [null];
  const [snapshot, ...unread] = await Promise.all([
    readCluster(connection, { ...request, namespaces: allowed }, signal),
    // Only an attempt tells in the server's words what is not allowed to whom.
    ...refused.map(async (namespace): Promise<Listed<never>> => {
      const { lacks } = await readResource(api, "services", { namespace }, signal);
      return { namespace, result: unavailable(describeLacks(lacks)) };
    }),
  ]);
  return { ...snapshot, lists: { ...snapshot.lists, services: [...snapshot.lists.services, ...unread] } };
}

/** As `kubectl auth can-i list services` asks. A server that does not say is taken to allow it: reading will tell. */
async function mayListServices(api: Api, namespace: string | null, signal: AbortSignal): Promise<boolean> {
  const resourceAttributes = { verb: "list", resource: "services", ...(namespace === null ? {} : { namespace }) };
  const { status, body } = await api.review(
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
    signal,
  );
  if (status < 200 || status >= 300 || typeof body !== "object" || body === null || !("status" in body)) return true;
  const said: unknown = body.status;
  return typeof said === "object" && said !== null && "allowed" in said && said.allowed === true;
}
