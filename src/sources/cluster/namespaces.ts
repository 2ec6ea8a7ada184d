import { nearNames } from "../../objects/near-names.ts";
import type { Namespace } from "../../objects/others.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Listed } from "../../objects/snapshot.ts";
import type { ClusterConnection } from "./connection.ts";
import { ClusterError, NoSuchNamespace } from "./errors.ts";
import type { Answer } from "./http.ts";
import { type Lack, lackOf } from "./lack.ts";
import { collected, readResource } from "./list.ts";
import { pathOf } from "./resources.ts";

/**
 * The cluster's namespaces where they are wanted, and proof that those asked for (null: all) exist: a Service that is looked for in a
 * misspelled namespace must not be reported as missing. Where they may not be listed, each is asked for by name; where
 * that is forbidden too, they are taken on trust. Throws NoSuchNamespace, with near names.
 */
export async function readNamespaces(
  connection: ClusterConnection,
  asked: readonly string[] | null,
  wanted: boolean,
  signal: AbortSignal,
): Promise<readonly Listed<Namespace>[]> {
  const { api } = connection;
  const all = wanted ? await readResource(api, "namespaces", { namespace: null, bulk: asked === null }, signal) : null;
  // Every Kubernetes serves namespaces.
  if (all?.lacks.some((lack) => lack.why === "not-served")) throw notKubernetes(connection);
  const known = new Map(all?.items.map((item) => [item.metadata.name, item]));
  const lacks: Lack[] = [...(all?.lacks ?? [])];
  if (all?.some !== true || lacks.length > 0) {
    for (const name of asked ?? []) {
      if (known.has(name)) continue;
      const answer = await api.get(pathOf("v1", null, "namespaces", name), {}, signal);
      const namespace = readNamespace(answer);
      if (namespace !== null) known.set(name, namespace);
      else if (isNoSuch(answer)) throw await notFound(connection, name, known.keys(), signal);
      else if (answer.status === 404) throw notKubernetes(connection);
      else lacks.push(lackOf(answer, "get", `namespaces/${name}`, ""));
    }
  } else {
    const missing = asked?.find((name) => !known.has(name));
    if (missing !== undefined) throw await notFound(connection, missing, known.keys(), signal);
  }
  if (!wanted) return [];
  return [
    {
      namespace: null,
      result: collected({ items: [...known.values()], lacks, some: known.size > 0 || all?.some === true }),
    },
  ];
}

function readNamespace({ status, body }: Answer): Namespace | null {
  if (status !== 200) return null;
  const read = readObject(body, { origin: null, defaultNamespace: "", live: true });
  return read.status === "read" && read.resource === "namespaces" ? read.object : null;
}

/** A 404 that speaks of the object, not of an address that nobody serves. */
function isNoSuch({ status, body }: Answer): boolean {
  return (
    status === 404 &&
    typeof body === "object" &&
    body !== null &&
    "reason" in body &&
    body.reason === "NotFound" &&
    "details" in body
  );
}

async function notFound(
  { api, description }: ClusterConnection,
  name: string,
  known: Iterable<string>,
  signal: AbortSignal,
): Promise<NoSuchNamespace> {
  let names = [...known];
  if (names.length === 0) {
    const all = await readResource(api, "namespaces", { namespace: null }, signal).catch(() => null);
    names = all?.items.map((item) => item.metadata.name) ?? [];
  }
  const near = nearNames(name, names);
  const meant = near.length === 0 ? "" : `did you mean ${near.map((each) => `"${each}"`).join(" or ")}? `;
  return new NoSuchNamespace(name, description, `${meant}kubectl get namespaces lists them`);
}

function notKubernetes({ server }: ClusterConnection): ClusterError {
  return new ClusterError(
    "protocol",
    `${server.href} does not serve Kubernetes' API (404)`,
    "does the kubeconfig's server have the right port and path?",
  );
}
