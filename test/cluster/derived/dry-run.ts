// What the API server says of an object that is only shown to it.
import type { IPFamily } from "../../../src/objects/service.ts";
import { type Api, ApiError, type KubeObject } from "../cluster.ts";
import type { ServiceManifest } from "./services.ts";

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

export const servicesPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`;

export const serviceOf = (spec: object, name = "web"): ServiceManifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ...spec },
});

/** The families that the cluster gives to Services, and an address of each that none has. */
export async function serviceNetwork(
  api: Api,
  namespace: string,
): Promise<{ readonly families: readonly IPFamily[]; readonly free: readonly string[] }> {
  const any = serviceOf({ ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] });
  const { stored } = await dryRun(api, "POST", servicesPath(namespace), any);
  // A dry run is shown the network's own address, which nothing can ask for: free ones are near it.
  for (let last = 231; last < 250; last++) {
    const free: string[] = stored?.spec.clusterIPs.map((ip: string) => ip.replace(/[0-9a-f]*$/, String(last)));
    const asking = serviceOf({ ...any.spec, clusterIP: free[0], clusterIPs: free });
    const real = await dryRun(api, "POST", servicesPath(namespace), asking);
    if (real.stored !== null) return { families: real.stored.spec.ipFamilies, free };
  }
  throw new Error(`no free address was found near ${stored?.spec.clusterIPs}`);
}
