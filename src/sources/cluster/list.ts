import { type Collected, complete, notHeld, partial, unavailable } from "../../objects/collected.ts";
import { describeRef } from "../../objects/meta.ts";
import { formatPath } from "../../objects/origin.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Resource, Resources } from "../../objects/snapshot.ts";
import type { Api } from "./http.ts";
import { describeLacks, type Lack, lackOf } from "./lack.ts";
import { ENDPOINTS, type Endpoint, pathOf, permissionName } from "./resources.ts";

/** As kubectl asks: enough to keep the number of requests low, little enough for the API server to bear. */
const PAGE = 500;
/** How often a list whose pages expired under it begins anew before it is asked for in one piece. */
const RESTARTS = 2;

export interface ListOptions {
  /** null: of all namespaces, or of a cluster-scoped kind. */
  readonly namespace: string | null;
  /** `labelSelector` and `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
}

/** What was read of one resource, and what was not. */
export interface Reading<T> {
  readonly items: readonly T[];
  readonly lacks: readonly Lack[];
  /** Whether anything was answered at all: an empty list that was read is not one that was refused. */
  readonly some: boolean;
}

/** Reads a resource, which for workloads is a list of each of their kinds. */
export async function readResource<R extends Resource>(
  api: Api,
  resource: R,
  options: ListOptions,
  signal: AbortSignal,
): Promise<Reading<Resources[R]>> {
  const parts = await Promise.all(
    ENDPOINTS[resource].map((endpoint) => readEndpoint(api, resource, endpoint, options, signal)),
  );
  return {
    items: parts.flatMap((part) => part.items),
    lacks: parts.flatMap((part) => part.lacks),
    some: parts.some((part) => part.some),
  };
}

/** `note` says what was left out on purpose: with one, the list is never complete. */
export function collected<T>({ items, lacks, some }: Reading<T>, note = ""): Collected<T> {
  const because = [note, describeLacks(lacks)].filter((each) => each !== "").join("; ");
  if (lacks.length > 0 && !some) {
    const why = describeLacks(lacks);
    return lacks.every((lack) => lack.why === "not-served") ? notHeld(why) : unavailable(why);
  }
  return because === "" ? complete(items) : partial(items, because);
}

async function readEndpoint<R extends Resource>(
  api: Api,
  resource: R,
  endpoint: Endpoint,
  options: ListOptions,
  signal: AbortSignal,
): Promise<Reading<Resources[R]>> {
  for (const version of endpoint.versions) {
    const reading = await readVersion(api, resource, endpoint, version, options, signal);
    if (reading !== null) return reading;
  }
  return { items: [], lacks: [{ why: "not-served", what: permissionName(endpoint) }], some: false };
}

/** null where the API server does not serve this version. */
async function readVersion<R extends Resource>(
  api: Api,
  resource: R,
  endpoint: Endpoint,
  version: string,
  { namespace, query = {} }: ListOptions,
  signal: AbortSignal,
): Promise<Reading<Resources[R]> | null> {
  const path = pathOf(version, namespace, endpoint.plural);
  const where = namespace === null ? "" : ` in ${namespace}`;
  const context = { origin: null, defaultNamespace: namespace ?? "", live: true };
  for (let restarts = 0; ; restarts++) {
    const items: Resources[R][] = [];
    const unread: string[] = [];
    const limit: Record<string, string> = restarts > RESTARTS ? {} : { limit: String(PAGE) };
    let next = "";
    for (;;) {
      const answer = await api.get(path, { ...query, ...limit, ...(next === "" ? {} : { continue: next }) }, signal);
      // The pages' common moment is forgotten by the server: what was read so far cannot be gone on with.
      const expired = next !== "" && (answer.status === 410 || answer.status === 400);
      if (expired && restarts <= RESTARTS) break;
      if (answer.status === 404 && next === "") return null;
      const page = answer.status >= 200 && answer.status < 300 ? readPage(answer.body) : null;
      if (page === null || (page.next !== "" && page.next === next)) {
        const lack = lackOf(answer, "list", permissionName(endpoint), where);
        const only: Lack = {
          why: "other",
          text: `only the first ${items.length} ${endpoint.plural}${where} were read`,
        };
        return { items, lacks: next === "" ? [lack] : [only, lack], some: next !== "" };
      }
      for (const item of page.items) {
        const result = readObject(typed(item, endpoint.kind, version), context);
        if (result.status === "read" && result.resource === resource) items.push(result.object as Resources[R]);
        else unread.push(describeUnread(result, endpoint.kind));
      }
      if (page.next === "") return { items, lacks: unreadLacks(unread), some: true };
      next = page.next;
    }
  }
}

/** Items of a list leave out what the list says for all of them. */
function typed(item: unknown, kind: string, apiVersion: string): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  return { ...item, kind, apiVersion };
}

function describeUnread(result: ReturnType<typeof readObject>, kind: string): string {
  if (result.status !== "invalid") return `a ${kind} of another kind`;
  const name = result.ref === null ? `a ${kind}` : describeRef(result.ref);
  const [fault] = result.faults;
  return fault === undefined ? name : `${name} (${formatPath(fault.path)}: ${fault.message})`;
}

function unreadLacks([first, ...more]: readonly string[]): readonly Lack[] {
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return [{ why: "other", text: `could not make sense of ${first}${others}` }];
}

/** null where the body is no list. Go writes an empty one as null now and then. */
function readPage(body: unknown): { readonly items: readonly unknown[]; readonly next: string } | null {
  if (typeof body !== "object" || body === null || !("kind" in body) || !/List$/.test(String(body.kind))) return null;
  const items = "items" in body ? (body.items ?? []) : [];
  if (!Array.isArray(items)) return null;
  const metadata: unknown = "metadata" in body ? body.metadata : null;
  const token = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : "";
  return { items, next: typeof token === "string" ? token : "" };
}
