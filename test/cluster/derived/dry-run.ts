// What the API server says of an object that is only shown to it.
import { type Api, ApiError, type KubeObject } from "../cluster.ts";

export interface Verdict {
  /** The object as it would be stored; null where it is rejected. */
  readonly stored: KubeObject | null;
  /** Fields that it is rejected for, as the server writes them; empty where the object could not even be decoded. */
  readonly rejectedFor: readonly string[];
  /** The server's own words; "" where the object is taken. */
  readonly message: string;
  readonly warnings: readonly string[];
}

/** Asks with `dryRun=All`: POST at the collection's path, PUT at the object's. */
export async function dryRun(api: Api, method: "POST" | "PUT", path: string, object: object): Promise<Verdict> {
  const warnings: string[] = [];
  const warn = (warning: string): void => void warnings.push(warning);
  try {
    const stored = await api.request(method, `${path}?dryRun=All`, object, undefined, warn);
    return { stored: stored as KubeObject, rejectedFor: [], message: "", warnings };
  } catch (error) {
    // 400: it could not be decoded; 422: it was read, and is not valid.
    if (!(error instanceof ApiError) || (error.code !== 400 && error.code !== 422)) throw error;
    const { details } = error.status as { details?: { causes?: readonly { field?: string }[] } };
    const fields = (details?.causes ?? []).flatMap(({ field }) => (field === undefined ? [] : [field]));
    return { stored: null, rejectedFor: [...new Set(fields)], message: error.message, warnings };
  }
}
