import { describeRef } from "../../objects/meta.ts";
import { formatPath } from "../../objects/origin.ts";
import { type ReadContext, readObject } from "../../objects/read/read-object.ts";
import type { Resource, Resources } from "../../objects/snapshot.ts";
import type { BodyReader } from "./body.ts";
import { ClusterError } from "./errors.ts";
import type { Answer, Api } from "./http.ts";
import type { ListOptions } from "./list.ts";
import type { Decoded } from "./protobuf/decode.ts";
import { KIND_SHAPES } from "./protobuf/kind-shapes.ts";
import { readProtobufList } from "./protobuf/list-reader.ts";
import type { Endpoint } from "./resources.ts";

/** A list of one kind in one version. */
export interface ListRequest<R extends Resource> {
  readonly api: Api;
  readonly resource: R;
  readonly endpoint: Endpoint;
  readonly version: string;
  readonly namespace: string | null;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Objects that are held at most. */
  readonly most: number;
  readonly onDecoded?: ListOptions["onDecoded"];
  readonly signal: AbortSignal;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Objects that could not be made sense of, in words. */
  readonly unread: readonly string[];
  /** The token of the next page, "" for the last one. */
  readonly next: string;
}

export interface Asked<R extends Resource> {
  readonly answer: Answer;
  /** null where the answer is no list. */
  readonly page: Page<Resources[R]> | null;
}

type Query = Readonly<Record<string, string>>;

/** One page as JSON. What is no list comes back as the answer that it is; throws as `api.get` does. */
export async function askJson<R extends Resource>(request: ListRequest<R>, query: Query): Promise<Asked<R>> {
  const { api, path, signal } = request;
  const answer = await api.get(path, query, signal);
  const body = answer.status >= 200 && answer.status < 300 ? listIn(answer.body) : null;
  if (body === null) return { answer, page: null };
  const gathered = gather(request, false);
  for (const item of body.items) gathered.take(item);
  return { answer, page: { ...gathered.found, next: body.next } };
}

/** null where the API server does not speak protobuf, or the kind has no shape. */
export async function askProtobuf<R extends Resource>(request: ListRequest<R>, query: Query): Promise<Asked<R> | null> {
  const { api, path, endpoint, most, signal } = request;
  const shape = KIND_SHAPES[endpoint.kind];
  if (shape === undefined) return null;
  const open = (): BodyReader => {
    const gathered = gather(request, true);
    const { items, unread } = gathered.found;
    const take = (item: unknown): void => {
      // Nobody says how long the list is: what does not end must not be gathered until there is no memory left to say so.
      if (items.length + unread.length >= most) {
        throw new ClusterError("protocol", `${path}: ${tooMany(most)}`, READ_LESS);
      }
      gathered.take(item);
    };
    const reader = readProtobufList(`${endpoint.kind}List`, shape, api.texts, take);
    return { push: reader.push, end: (): Page<Resources[R]> => ({ ...gathered.found, ...reader.end() }) };
  };
  const answer = await api.stream(path, query, open, signal);
  if (answer === null) return null;
  // The body of a 2xx is what `open`'s reader ended with.
  return { answer, page: answer.status >= 200 && answer.status < 300 ? (answer.body as Page<Resources[R]>) : null };
}

/** Why a list was not read to its end. */
export function tooMany(most: number): string {
  return `over ${most.toLocaleString("en")} objects in one list are more than there is memory for`;
}
const READ_LESS = "-n NAMESPACE reads one namespace only, and NODE_OPTIONS=--max-old-space-size=8192 gives more memory";

/** Parses items at the door, and keeps apart what is none of the kind. */
function gather<R extends Resource>(
  { api, resource, endpoint, version, namespace, onDecoded }: ListRequest<R>,
  sharing: boolean,
) {
  const items: Resources[R][] = [];
  const unread: string[] = [];
  const context: ReadContext = { origin: null, defaultNamespace: namespace ?? "", live: true, sharing };
  return {
    found: { items, unread },
    take(item: unknown): void {
      const result = readObject(typed(item, endpoint.kind, version), context);
      if (sharing) onDecoded?.(item as Decoded);
      if (result.status === "read" && result.resource === resource) items.push(result.object as Resources[R]);
      else unread.push(describeUnread(result, endpoint.kind));
      api.tally.objects++;
    },
  };
}

/** Items of a list leave out what the list says for all of them. */
function typed(item: unknown, kind: string, apiVersion: string): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  return Object.assign(item, { kind, apiVersion });
}

function describeUnread(result: ReturnType<typeof readObject>, kind: string): string {
  if (result.status !== "invalid") return `a ${kind} of another kind`;
  const name = result.ref === null ? `a ${kind}` : describeRef(result.ref);
  const [fault] = result.faults;
  return fault === undefined ? name : `${name} (${formatPath(fault.path)}: ${fault.message})`;
}

/** null where the body is no list. Go writes an empty one as null now and then. */
function listIn(body: unknown): { readonly items: readonly unknown[]; readonly next: string } | null {
  if (typeof body !== "object" || body === null || !("kind" in body) || !/List$/.test(String(body.kind))) return null;
  const items = "items" in body ? (body.items ?? []) : [];
  if (!Array.isArray(items)) return null;
  const metadata: unknown = "metadata" in body ? body.metadata : null;
  const token = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : "";
  return { items, next: typeof token === "string" ? token : "" };
}
