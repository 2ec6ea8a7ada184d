import type { ObjectMeta } from "../../../objects/meta.ts";
import { readObject } from "../../../objects/read/read-object.ts";
import type { BodyReader } from "../body.ts";
import { ClusterError } from "../errors.ts";
import type { Api } from "../http.ts";
import { roomInMemory } from "../list.ts";
import { tooMany } from "../page.ts";
import type { Decoded } from "../protobuf/decode.ts";
import { readProtobufList } from "../protobuf/list-reader.ts";
import { META_SHAPE_WITH_WRITERS } from "../protobuf/meta-shapes.ts";
import { message } from "../protobuf/shape.ts";
import { pathOf } from "../resources.ts";
import { type MadeSpec, madeSpecs } from "./made-spec.ts";

/** What a Pod's metadata tells. */
export interface PodMetadata {
  readonly metadata: ObjectMeta;
  /** When something of its status was last written (metadata.managedFields), RFC 3339; null where nothing tells. */
  readonly statusAt: string | null;
  /** Which fields its spec was made with; null where nothing tells, or more than one writer had a hand in it. */
  readonly made: MadeSpec | null;
}

const SHAPE = message({ 1: META_SHAPE_WITH_WRITERS });

/** The metadata of all Pods of a list, or of its first ones. */
export interface PodMetadataList {
  readonly pods: readonly PodMetadata[];
  readonly whole: boolean;
}

/**
 * The metadata of the Pods of a namespace, or of all (null); with a limit, of so many at most. null where the API server sends
 * no such list: then the Pods themselves are to be read, which tells why.
 */
export async function readPodMetadata(
  api: Api,
  namespace: string | null,
  limit: number | null,
  signal: AbortSignal,
): Promise<PodMetadataList | null> {
  const specs = madeSpecs();
  const most = roomInMemory();
  const open = (): BodyReader => {
    const found: PodMetadata[] = [];
    const reader = readProtobufList("PartialObjectMetadataList", SHAPE, api.texts, (item) => {
      if (found.length >= most) throw new ClusterError("protocol", tooMany(most));
      const read = podMetadata(item, namespace ?? "", specs);
      if (read !== null) found.push(read);
      api.tally.objects++;
    });
    return {
      push: reader.push,
      end: (): PodMetadataList => ({ pods: found, whole: reader.end().next === "" }),
    };
  };
  try {
    const query: Record<string, string> = limit === null ? {} : { limit: String(limit) };
    const answer = await api.stream(pathOf("v1", namespace, "pods"), query, open, signal, "metadata");
    // The body of a 2xx is what `open`'s reader ended with.
    return answer !== null && answer.status === 200 ? (answer.body as PodMetadataList) : null;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClusterError && error.kind === "protocol") return null;
    throw error;
  }
}

interface Writer {
  readonly time?: string | null;
  readonly fieldsV1?: { readonly raw?: Buffer };
  readonly subresource?: string;
}

/** Who wrote what of an object that was decoded. */
export function writersOf(item: Decoded): readonly Writer[] {
  return ((item.metadata as Decoded | undefined)?.managedFields ?? []) as readonly Writer[];
}

function podMetadata(item: Decoded, defaultNamespace: string, specs: ReturnType<typeof madeSpecs>): PodMetadata | null {
  // A Pod of which nothing but its metadata is given.
  const bare = { apiVersion: "v1", kind: "Pod", metadata: item.metadata };
  const result = readObject(bare, { origin: null, defaultNamespace, live: true, sharing: true });
  if (result.status !== "read") return null;
  let statusAt: string | null = null;
  let made: MadeSpec | null = null;
  let makers = 0;
  for (const { time = null, fieldsV1, subresource } of writersOf(item)) {
    if (subresource === "status") {
      if (time !== null && (statusAt === null || time > statusAt)) statusAt = time;
      continue;
    }
    const spec = fieldsV1?.raw === undefined ? null : specs(fieldsV1.raw);
    if (spec === null) continue;
    makers += 1;
    made = spec;
  }
  return { metadata: result.object.metadata, statusAt, made: makers === 1 ? made : null };
}
