import { pod } from "../../../api-server/objects.ts";
import type { StoredObject } from "../../../api-server/store.ts";

/** Pods that differ a little, as those of one workload do. */
export function pods(count: number): readonly StoredObject[] {
  return Array.from({ length: count }, (_, at) =>
    pod("shop", `web-${at}`, { app: "web", "apps.kubernetes.io/pod-index": String(at) }, { hostname: `web-${at}` }),
  );
}
