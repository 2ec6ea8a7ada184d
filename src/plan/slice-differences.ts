import { ENDPOINT_SLICE_CONTROLLER } from "../kubernetes/endpoint-slices.ts";
import { type EndpointSlice, type Endpoints, MANAGED_BY_LABEL } from "../objects/endpoint-slice.ts";
import { isSame } from "../objects/same.ts";
import { type Difference, onOneSide } from "./difference.ts";
import type { Side, Sides } from "./side.ts";

/** What differs between the hand-written endpoints of a Service on both sides. */
export function sliceDifferences(namespace: string, name: string, { before, after }: Sides): readonly Difference[] {
  const [old, now] = [before, after].map((side) => written(namespace, name, side)) as [Written, Written];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((key) => {
    const [first, second] = [old.get(key), now.get(key)];
    const one = second ?? first;
    if (one === undefined || isSame(contentOf(first), contentOf(second))) return [];
    const what = first === undefined ? "is added" : second === undefined ? "is removed" : "lists other endpoints";
    return [onOneSide(one, `${one.kind} ${one.metadata.name} ${what}`, { of: "service" })];
  });
}

type Written = ReadonlyMap<string, EndpointSlice | Endpoints>;

function written(namespace: string, name: string, { lookups }: Side): Written {
  const slices = lookups
    .slicesOf(namespace, name)
    .filter(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] !== ENDPOINT_SLICE_CONTROLLER);
  const endpoints = lookups.endpointsNamed(namespace, name);
  const all = [...slices, ...(endpoints === null ? [] : [endpoints])];
  return new Map(all.map((one) => [`${one.kind}/${one.metadata.name}`, one]));
}

function contentOf(object: EndpointSlice | Endpoints | undefined): unknown {
  if (object === undefined) return null;
  return object.kind === "Endpoints"
    ? object.subsets
    : { endpoints: object.endpoints, ports: object.ports, addressType: object.addressType };
}
