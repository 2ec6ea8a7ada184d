import type { EndpointPort, Endpoints, EndpointsAddress } from "../objects/endpoint-slice.ts";
import { hasSelector, type IPFamily, type Service } from "../objects/service.ts";
import { parseLegacyIp } from "./legacy-ip.ts";

/** The `managed-by` label of the slices that mirror an Endpoints object. */
export const MIRRORING_CONTROLLER = "endpointslicemirroring-controller.k8s.io";
const SKIP_MIRROR_LABEL = "endpointslice.kubernetes.io/skip-mirror";
const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";
/** Addresses mirrored of one subset, at most (`--mirroring-max-endpoints-per-subset`). */
const ADDRESSES_PER_SUBSET = 1000;

interface MirroredEndpoint {
  readonly address: string;
  readonly ready: boolean;
  readonly hostname: string | null;
  readonly targetRef: EndpointsAddress["targetRef"];
  readonly nodeName: string | null;
}

interface MirroredSlice {
  readonly addressType: IPFamily;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly MirroredEndpoint[];
}

/** What the mirroring controller makes of an Endpoints object, or the first reason why it leaves it alone. */
export type Mirroring =
  | {
      readonly mirrored: false;
      readonly because: "skip-mirror-label" | "leader-election" | "no-service" | "service-has-selector";
    }
  | {
      readonly mirrored: true;
      readonly slices: readonly MirroredSlice[];
      /** Addresses left out: not an IP address, or over 1000 in one subset. */
      readonly skipped: number;
    };

/**
 * What becomes of an Endpoints object; `service` is the Service of the same name, null where there is none.
 * Mirrors endpointslicemirroring syncEndpoints, reconcile and pkg/api/v1/endpoints RepackSubsets.
 */
export function mirrorEndpoints(endpoints: Endpoints, service: Service | null): Mirroring {
  if (endpoints.metadata.labels[SKIP_MIRROR_LABEL] === "true") return { mirrored: false, because: "skip-mirror-label" };
  if (Object.hasOwn(endpoints.metadata.annotations, LEADER_ANNOTATION)) {
    return { mirrored: false, because: "leader-election" };
  }
  if (service === null) return { mirrored: false, because: "no-service" };
  if (hasSelector(service)) return { mirrored: false, because: "service-has-selector" };
  const slices: MirroredSlice[] = [];
  let skipped = 0;
  for (const { ports, addresses } of repack(endpoints)) {
    const byFamily = new Map<IPFamily, MirroredEndpoint[]>();
    let added = 0;
    for (const { address, ready } of addresses) {
      const ip = parseLegacyIp(address.ip);
      if (ip === null || added >= ADDRESSES_PER_SUBSET) {
        skipped += 1;
        continue;
      }
      added += 1;
      const found = byFamily.get(ip.family) ?? [];
      byFamily.set(ip.family, found);
      const { hostname, targetRef, nodeName } = address;
      found.push({ address: ip.text, ready, hostname, targetRef, nodeName });
    }
    for (const [addressType, list] of byFamily) slices.push({ addressType, ports, endpoints: list });
  }
  return { mirrored: true, slices, skipped };
}

interface Repacked {
  readonly ports: readonly EndpointPort[];
  readonly addresses: readonly { readonly address: EndpointsAddress; readonly ready: boolean }[];
}

/** Subsets as the controller sees them: an address once per port (not ready wins), then ports of the same addresses together. */
function repack(endpoints: Endpoints): readonly Repacked[] {
  const byPort = new Map<
    string,
    { port: EndpointPort | null; addresses: Map<string, Repacked["addresses"][number]> }
  >();
  for (const subset of endpoints.subsets) {
    for (const port of subset.ports.length === 0 ? [null] : subset.ports) {
      const key = port === null ? "" : `${port.name}/${port.protocol}/${port.port}`;
      const entry = byPort.get(key) ?? { port, addresses: new Map() };
      byPort.set(key, entry);
      const add = (address: EndpointsAddress, ready: boolean): void => {
        const target = address.targetRef;
        const addressKey = `${address.ip} ${target === null ? "" : `${target.kind}/${target.namespace}/${target.name}`}`;
        const before = entry.addresses.get(addressKey);
        entry.addresses.set(addressKey, {
          address: before?.address ?? address,
          ready: ready && before?.ready !== false,
        });
      };
      for (const address of subset.addresses) add(address, true);
      for (const address of subset.notReadyAddresses) add(address, false);
    }
  }
  const bySet = new Map<string, { ports: EndpointPort[]; addresses: Repacked["addresses"] }>();
  for (const { port, addresses } of byPort.values()) {
    const key = [...addresses]
      .map(([address, { ready }]) => `${address} ${ready}`)
      .sort()
      .join("\n");
    const entry = bySet.get(key) ?? { ports: [], addresses: inOrder([...addresses.values()]) };
    bySet.set(key, entry);
    if (port !== null) entry.ports.push(port);
  }
  return [...bySet.values()];
}

/** Ready ones first, each by address: what the limit cuts off is at the end. */
function inOrder(addresses: Repacked["addresses"]): Repacked["addresses"] {
  return [...addresses].sort(
    (a, b) =>
      Number(b.ready) - Number(a.ready) || (a.address.ip < b.address.ip ? -1 : a.address.ip > b.address.ip ? 1 : 0),
  );
}
