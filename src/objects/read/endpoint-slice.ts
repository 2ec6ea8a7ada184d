import type { Endpoint, EndpointPort, EndpointSlice, Endpoints, EndpointsAddress } from "../endpoint-slice.ts";
import {
  each,
  type Field,
  fault,
  flag,
  has,
  integer,
  map,
  oneOf,
  optionalMap,
  sharing,
  text,
  textOr,
  texts,
} from "./fields.ts";
import { readRef } from "./meta.ts";
import { PROTOCOLS } from "./service.ts";

type SliceBody = Pick<EndpointSlice, "addressType" | "endpoints" | "ports">;

export function readEndpointSlice(root: Field): SliceBody {
  const addressType = oneOf(root, "addressType", ["IPv4", "IPv6", "FQDN"]);
  if (!has(root, "addressType") && !isBeta(root)) {
    fault(root, ["addressType"], "expected IPv4, IPv6 or FQDN, found nothing");
  }
  return {
    addressType: addressType ?? "IPv4",
    endpoints: each(root, "endpoints", readEndpoint),
    ports: each(root, "ports", readPort),
  };
}

function isBeta(root: Field): boolean {
  return root.entries.apiVersion !== "discovery.k8s.io/v1";
}

function readEndpoint(endpoint: Field): Endpoint {
  return {
    addresses: texts(endpoint, "addresses"),
    conditions: readConditions(map(endpoint, "conditions")),
    hostname: text(endpoint, "hostname"),
    targetRef: readTarget(endpoint),
    nodeName: text(endpoint, "nodeName"),
  };
}

/** Nearly all endpoints have the same ones. */
const readConditions = sharing((conditions: Field): Endpoint["conditions"] => ({
  ready: flag(conditions, "ready"),
  serving: flag(conditions, "serving"),
  terminating: flag(conditions, "terminating"),
}));

function readTarget(field: Field): Endpoint["targetRef"] {
  const target = optionalMap(field, "targetRef");
  if (target === null) return null;
  const { kind, namespace, name } = readRef(target);
  return { kind, namespace, name };
}

function readPort(port: Field): EndpointPort {
  return {
    name: textOr(port, "name", ""),
    protocol: oneOf(port, "protocol", PROTOCOLS) ?? "TCP",
    port: integer(port, "port"),
  };
}

export function readSubsets(root: Field): Endpoints["subsets"] {
  return each(root, "subsets", (subset) => ({
    addresses: each(subset, "addresses", readAddress),
    notReadyAddresses: each(subset, "notReadyAddresses", readAddress),
    ports: each(subset, "ports", readPort),
  }));
}

function readAddress(address: Field): EndpointsAddress {
  return {
    ip: textOr(address, "ip", ""),
    hostname: text(address, "hostname"),
    nodeName: text(address, "nodeName"),
    targetRef: readTarget(address),
  };
}
