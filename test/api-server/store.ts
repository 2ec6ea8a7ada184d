// What the tests' API server holds and how it answers reads: the part of Kubernetes' API that a GET sees.

export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

/** The lists that are served, by their address without namespace. */
const KINDS: Readonly<Record<string, string>> = {
  "/api/v1/services": "Service",
  "/api/v1/endpoints": "Endpoints",
  "/api/v1/pods": "Pod",
  "/api/v1/events": "Event",
  "/api/v1/namespaces": "Namespace",
  "/api/v1/nodes": "Node",
  "/api/v1/configmaps": "ConfigMap",
  "/api/v1/replicationcontrollers": "ReplicationController",
  "/apis/discovery.k8s.io/v1/endpointslices": "EndpointSlice",
  "/apis/discovery.k8s.io/v1beta1/endpointslices": "EndpointSlice",
  "/apis/apps/v1/statefulsets": "StatefulSet",
  "/apis/apps/v1/deployments": "Deployment",
  "/apis/apps/v1/replicasets": "ReplicaSet",
  "/apis/apps/v1/daemonsets": "DaemonSet",
  "/apis/batch/v1/jobs": "Job",
  "/apis/batch/v1/cronjobs": "CronJob",
  "/apis/batch/v1beta1/cronjobs": "CronJob",
  "/apis/networking.k8s.io/v1/networkpolicies": "NetworkPolicy",
  "/apis/rbac.authorization.k8s.io/v1/clusterroles": "ClusterRole",
  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings": "ClusterRoleBinding",
};

export interface ApiRequest {
  readonly version: string;
  readonly group: string;
  readonly plural: string;
  /** null for all namespaces and for what lies in none. */
  readonly namespace: string | null;
  /** null for a list. */
  readonly name: string | null;
  readonly query: URLSearchParams;
}

/** What a path asks for, null where nobody serves it. */
export function parseApiPath(url: URL): ApiRequest | null {
  const found =
    /^\/(?:api\/(?<core>v1)|apis\/(?<named>[^/]+\/[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[a-z]+)(?:\/(?<name>[^/]+))?$/.exec(
      url.pathname,
    )?.groups;
  if (found === undefined) return null;
  const { core, named, namespace, plural = "", name } = found;
  return {
    version: core ?? named ?? "",
    group: named?.split("/")[0] ?? "",
    plural,
    namespace: namespace === undefined ? null : decodeURIComponent(namespace),
    name: name === undefined ? null : decodeURIComponent(name),
    query: url.searchParams,
  };
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** Answers a read as the API server does; `epoch` names the moment that pages belong to. */
export function answerRead(
  objects: readonly StoredObject[],
  request: ApiRequest,
  isServed: (list: string) => boolean,
  epoch: number,
): ApiAnswer | null {
  const list = `${request.version === "v1" ? "/api/v1" : `/apis/${request.version}`}/${request.plural}`;
  const kind = KINDS[list];
  if (kind === undefined || !isServed(list)) return null;
  const held = objects.filter(
    (object) =>
      object.kind === kind &&
      object.apiVersion.split("/").at(-2) === (request.group || undefined) &&
      (request.namespace === null || object.metadata.namespace === request.namespace),
  );
  if (request.name !== null) {
    const { name, plural, group } = request;
    const object = held.find((each) => each.metadata.name === name);
    if (object !== undefined) return { status: 200, body: { ...object, apiVersion: request.version } };
    const details = { name, kind: plural, ...(group === "" ? {} : { group }) };
    const message = `${plural}${group === "" ? "" : `.${group}`} "${name}" not found`;
    return { status: 404, body: status(404, "NotFound", message, details) };
  }
  const { query } = request;
  const chosen = held.filter(
    (object) => labelsMatch(object, query.get("labelSelector")) && fieldsMatch(object, query.get("fieldSelector")),
  );
  const [from, of] = (query.get("continue") ?? `0.${epoch}`).split(".").map(Number);
  if (of !== epoch) {
    return { status: 410, body: status(410, "Expired", "The provided continue parameter is too old") };
  }
  const limit = Number(query.get("limit") ?? 0) || chosen.length;
  const until = (from ?? 0) + limit;
  const items = chosen.slice(from, until).map(({ apiVersion: _, kind: __, ...rest }) => rest);
  const metadata = { resourceVersion: "1", ...(until < chosen.length ? { continue: `${until}.${epoch}` } : {}) };
  return { status: 200, body: { kind: `${kind}List`, apiVersion: request.version, metadata, items } };
}

export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code };
}

/** `key=value`, several of them, and `key in (a,b)` alone. */
function labelsMatch({ metadata: { labels = {} } }: StoredObject, selector: string | null): boolean {
  if (selector === null) return true;
  const [, key = "", among = ""] = /^([^ =]+) in \((.*)\)$/.exec(selector) ?? [];
  if (key !== "") return among.split(",").includes(labels[key] ?? "");
  return selector.split(",").every((term) => {
    const [name = "", value] = term.split("=");
    return labels[name] !== undefined && labels[name] === value;
  });
}

/** `type!=Normal` and `spec.clusterIP=10.96.0.10`. */
function fieldsMatch(object: StoredObject, selector: string | null): boolean {
  if (selector === null) return true;
  const [, path = "", not, value] = /^([^!=]+)(!?)=(.*)$/.exec(selector) ?? [];
  const found = path
    .split(".")
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  return (found === value) === (not === "");
}
