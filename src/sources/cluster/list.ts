import { getHeapStatistics } from "node:v8";
import { type Collected, complete, notHeld, partial, unavailable } from "../../objects/collected.ts";
import type { Resource, Resources } from "../../objects/snapshot.ts";
import type { Api } from "./http.ts";
import { describeLacks, type Lack, lackOf } from "./lack.ts";
import { type Asked, askJson, askProtobuf, type ListRequest, tooMany } from "./page.ts";
import type { Decoded } from "./protobuf/decode.ts";
import { ENDPOINTS, type Endpoint, pathOf, permissionName } from "./resources.ts";

/** As kubectl asks: enough to keep the number of requests low, little enough for the API server to bear. */
const PAGE = 500;
/** How often a list whose pages expired under it begins anew before it is asked for in one piece. */
const RESTARTS = 2;
/** Bytes of memory for each object of a list: what a Pod takes, and half of it for what is made of it to be judged. */
const ROOM = 3 * 1024;
/** Bytes of the heap's limit that no list can have: V8's young generation (192 MiB in Node 24, less before) and the program. */
const TAKEN = 208 * 1024 * 1024;
/** Objects for which a heap of 64 MiB has room. */
const FEW = 20_000;

export interface ListOptions {
  /** null: of all namespaces, or of a cluster-scoped kind. */
  readonly namespace: string | null;
  /** `labelSelector` and `fieldSelector`. */
  readonly query?: Readonly<Record<string, string>>;
  /** The list may be as long as the cluster is large: in one piece and as protobuf, where the API server speaks it. */
  readonly bulk?: boolean;
  /** Objects that are held at most; without it, as many as this process has memory for. A list that goes on is not whole. */
  readonly most?: number;
  /** Is shown each object of a bulk list as protobuf was decoded, with what no field of ours holds; never where it came as JSON. */
  readonly onDecoded?: ((item: Decoded) => void) | undefined;
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
  { namespace, query = {}, bulk = false, most = roomInMemory(), onDecoded }: ListOptions,
  signal: AbortSignal,
): Promise<Reading<Resources[R]>> {
  for (const version of endpoint.versions) {
    const path = pathOf(version, namespace, endpoint.plural);
    const request: ListRequest<R> = {
      api,
      resource,
      endpoint,
      version,
      namespace,
      path,
      query,
      most,
      onDecoded,
      signal,
    };
    // What does not speak protobuf is asked again for JSON.
    const reading = bulk ? await readPages(request, askProtobuf, false) : null;
    const read = reading ?? (await readPages(request, askJson, true));
    if (read !== "not-served" && read !== null) return read;
  }
  return { items: [], lacks: [{ why: "not-served", what: permissionName(endpoint) }], some: false };
}

/** Reads a list to its end, page by page; null where `ask` cannot. */
async function readPages<R extends Resource>(
  request: ListRequest<R>,
  ask: (request: ListRequest<R>, query: Readonly<Record<string, string>>) => Promise<Asked<R> | null>,
  limited: boolean,
): Promise<Reading<Resources[R]> | "not-served" | null> {
  const { endpoint, namespace, query, most } = request;
  const where = namespace === null ? "" : ` in ${namespace}`;
  for (let restarts = 0; ; restarts++) {
    const items: Resources[R][] = [];
    const unread: string[] = [];
    const limit: Record<string, string> = !limited || restarts > RESTARTS ? {} : { limit: String(PAGE) };
    let next = "";
    for (;;) {
      const asked = await ask(request, { ...query, ...limit, ...(next === "" ? {} : { continue: next }) });
      if (asked === null) return null;
      const { answer, page } = asked;
      // The pages' common moment is forgotten by the server: what was read so far cannot be gone on with.
      const expired = next !== "" && (answer.status === 410 || answer.status === 400);
      if (expired && restarts <= RESTARTS) break;
      if (answer.status === 404 && next === "") return "not-served";
      const only = (): Lack => ({
        why: "other",
        text: `only the first ${items.length} ${endpoint.plural}${where} were read`,
      });
      if (page === null || (page.next !== "" && page.next === next)) {
        const lack = lackOf(answer, "list", permissionName(endpoint), where);
        return { items, lacks: next === "" ? [lack] : [only(), lack], some: next !== "" };
      }
      if (items.length + page.items.length > most) {
        return { items, lacks: [only(), { why: "other", text: tooMany(most) }], some: items.length > 0 };
      }
      for (const item of page.items) items.push(item);
      for (const what of page.unread) unread.push(what);
      if (page.next === "") return { items, lacks: unreadLacks(unread), some: true };
      next = page.next;
    }
  }
}

/** How many objects of one list this process has memory for. */
export function roomInMemory(): number {
  return Math.max(FEW, Math.floor((getHeapStatistics().heap_size_limit - TAKEN) / ROOM));
}

function unreadLacks([first, ...more]: readonly string[]): readonly Lack[] {
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return [{ why: "other", text: `could not make sense of ${first}${others}` }];
}
