import { expect, test } from "vitest";
import { mirrorEndpoints } from "../../src/kubernetes/endpoint-slice-mirroring.ts";
import { live, only } from "../trace/world.ts";

const SERVICE = "{kind: Service, apiVersion: v1, metadata: {name: db}, spec: {clusterIP: None}}";
const ENDPOINTS = `
---
kind: Endpoints
apiVersion: v1
metadata: {name: db}
subsets:
- addresses: [{ip: 10.0.0.1, hostname: a}, {ip: "fd00::1"}]
  notReadyAddresses: [{ip: 10.0.0.2}]
  ports: [{name: sql, port: 3306}]
`;

function mirrored(yaml: string) {
  const index = live(yaml);
  return mirrorEndpoints(only(index, "endpoints"), index.all("services")[0] ?? null);
}

test("makes a slice per family, not-ready addresses as not ready", () => {
  expect(mirrored(SERVICE + ENDPOINTS)).toMatchObject({
    mirrored: true,
    skipped: 0,
    slices: [
      {
        addressType: "IPv4",
        ports: [{ name: "sql", protocol: "TCP", port: 3306 }],
        endpoints: [
          { address: "10.0.0.1", ready: true, hostname: "a" },
          { address: "10.0.0.2", ready: false },
        ],
      },
      { addressType: "IPv6", endpoints: [{ address: "fd00::1" }] },
    ],
  });
});

test.each([
  [
    "skip-mirror-label",
    ENDPOINTS.replace("{name: db}", '{name: db, labels: {endpointslice.kubernetes.io/skip-mirror: "true"}}'),
    SERVICE,
  ],
  [
    "leader-election",
    ENDPOINTS.replace("{name: db}", "{name: db, annotations: {control-plane.alpha.kubernetes.io/leader: x}}"),
    SERVICE,
  ],
  ["no-service", ENDPOINTS, ""],
  ["service-has-selector", ENDPOINTS, SERVICE.replace("None", "None, selector: {a: b}")],
])("%s leaves it alone", (because, endpoints, service) => {
  expect(mirrored(service + endpoints)).toEqual({ mirrored: false, because });
});

test("an empty selector is none", () => {
  expect(mirrored(SERVICE.replace("None", "None, selector: {}") + ENDPOINTS).mirrored).toBe(true);
});

test("at most 1000 addresses of a subset, ready ones first", () => {
  const addresses = Array.from({ length: 1200 }, (_, at) => `{ip: 10.1.${at >> 8}.${at & 255}}`);
  const yaml = `${SERVICE}\n---\nkind: Endpoints\napiVersion: v1\nmetadata: {name: db}\nsubsets: [{notReadyAddresses: [{ip: 10.0.0.1}], addresses: [${addresses}], ports: [{port: 1}]}]`;
  const result = mirrored(yaml);
  expect(result.mirrored && result.slices.flatMap((slice) => slice.endpoints)).toHaveLength(1000);
  expect(result).toMatchObject({ skipped: 201 });
  expect(result.mirrored && result.slices[0]?.endpoints.every((endpoint) => endpoint.ready)).toBe(true);
});

test("an address that is both ready and not ready on one port is not ready", () => {
  const yaml = `${SERVICE}\n---\nkind: Endpoints\napiVersion: v1\nmetadata: {name: db}\nsubsets: [{addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.1}], ports: [{port: 1}]}]`;
  expect(mirrored(yaml)).toMatchObject({ slices: [{ endpoints: [{ address: "10.0.0.1", ready: false }] }] });
});

// addressToEndpoint reads them by ParseIPSloppy, and the API server takes them in this field.
test("addresses with leading zeros are mirrored as they are meant", () => {
  expect(mirrored(SERVICE + ENDPOINTS.replace("10.0.0.1", "010.0.0.01"))).toMatchObject({
    skipped: 0,
    slices: [{ endpoints: [{ address: "10.0.0.1" }, { address: "10.0.0.2" }] }, {}],
  });
});
