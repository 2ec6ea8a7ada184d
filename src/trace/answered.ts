import { parseIp } from "../kubernetes/ip.ts";
import type { Endpoint, EndpointSlice } from "../objects/endpoint-slice.ts";
import type { Pod } from "../objects/pod.ts";
import { secondsBetween } from "./age.ts";
import { lastChange } from "./trouble.ts";

/**
 * Seconds that slices may be behind the Pods. The EndpointSlice controller mostly follows within one; its informers,
 * a conflict and one retry with back-off add some, and the lists of a Snapshot are read at slightly different moments.
 */
const CONTROLLER_LAG_SECONDS = 10;

/** One address that cluster DNS takes from a slice. */
export interface AnsweredAddress {
  readonly slice: EndpointSlice;
  readonly endpoint: Endpoint;
  /** As the controller writes it (canonical); as written where it is no IP address. */
  readonly address: string;
}

/** What CoreDNS publishes of these slices: every address of endpoints that do not say ready: false (object/endpoint.go). */
export function answeredAddresses(slices: readonly EndpointSlice[]): readonly AnsweredAddress[] {
  return slices.flatMap((slice) =>
    slice.endpoints
      .filter(({ conditions }) => conditions.ready !== false)
      .flatMap((endpoint) =>
        endpoint.addresses.map((text) => ({ slice, endpoint, address: parseIp(text)?.text ?? text })),
      ),
  );
}

/** Whether the controller has had the time to follow the Pod's last change; yes where the source has no clock. */
export function isSettled(pod: Pod, now: string | null): boolean {
  return isOlderThanLag(lastChange(pod), now);
}

/** Whether a time lies further back than the controller may be behind; yes where either is not known. */
export function isOlderThanLag(time: string | null, now: string | null): boolean {
  const seconds = secondsBetween(time, now);
  return seconds === null || seconds > CONTROLLER_LAG_SECONDS;
}
