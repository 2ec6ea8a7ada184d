import { ENDPOINT_SLICE_CONTROLLER } from "../../../kubernetes/endpoint-slices.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "../../../objects/endpoint-slice.ts";
import type { Decoded } from "../protobuf/decode.ts";
import { writersOf } from "./pod-metadata.ts";

/** What the EndpointSlice controller says of one Pod, in all the slices that it stands in. */
export interface ToldPod {
  readonly address: string;
  readonly family: string;
  readonly nodeName: string;
  /** In every one: it serves, it is not ending, and the controller still follows the slice. */
  readonly healthy: boolean;
  /** When the controller last wrote the slice that it wrote first, RFC 3339; null where nothing tells. */
  readonly followedAt: string | null;
}

/** Gathers what slices say of Pods, by the Pod's uid. */
export interface SliceFacts {
  take(slice: Decoded): void;
  of(uid: string): ToldPod | null;
}

const ENDPOINTS_FIELD = Buffer.from('"f:endpoints"');

interface SentMetadata {
  readonly labels?: Readonly<Record<string, string | undefined>>;
  readonly ownerReferences?: readonly { readonly kind?: string; readonly name?: string }[];
}

interface SentEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly targetRef?: { readonly kind?: string; readonly uid?: string };
  readonly nodeName?: string;
}

export function sliceFacts(): SliceFacts {
  const told = new Map<string, ToldPod>();
  return {
    take(slice) {
      const { labels = {}, ownerReferences = [] } = (slice.metadata ?? {}) as SentMetadata;
      const { [MANAGED_BY_LABEL]: manager, [SERVICE_NAME_LABEL]: service } = labels;
      if (manager !== undefined && manager !== ENDPOINT_SLICE_CONTROLLER) return;
      // One that has lost a label is followed by nobody: of its Pods is told since when they are Ready, which only they say.
      const isFollowed =
        manager !== undefined &&
        service !== undefined &&
        ownerReferences.every(({ kind, name }) => kind !== "Service" || name === service);
      const followedAt = followedAtOf(slice);
      const family = String(slice.addressType ?? "");
      for (const { addresses, conditions = {}, targetRef, nodeName = "" } of (slice.endpoints ??
        []) as SentEndpoint[]) {
        const { kind, uid } = targetRef ?? {};
        const [address] = addresses ?? [];
        if (kind !== "Pod" || uid === undefined || address === undefined) continue;
        const { ready, serving = ready, terminating } = conditions;
        const healthy = isFollowed && serving === true && ready === true && terminating !== true;
        const before = told.get(uid);
        if (before === undefined) told.set(uid, { address, family, nodeName, healthy, followedAt });
        else {
          told.set(uid, {
            ...before,
            // Of several addresses which one comes first is not told.
            healthy: before.healthy && healthy && before.address === address,
            followedAt: earlier(before.followedAt, followedAt),
          });
        }
      }
    },
    of: (uid) => told.get(uid) ?? null,
  };
}

/** null where more than one has written endpoints: then it is not the controller alone that says what they are. */
function followedAtOf(slice: Decoded): string | null {
  const writers = writersOf(slice).filter(({ fieldsV1 }) => fieldsV1?.raw?.includes(ENDPOINTS_FIELD));
  return writers.length === 1 ? (writers[0]?.time ?? null) : null;
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return null;
  return one < other ? one : other;
}
