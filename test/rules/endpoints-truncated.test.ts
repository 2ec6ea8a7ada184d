import { expect, test } from "vitest";
import { endpointsTruncated } from "../../src/rules/endpoints-truncated.ts";
import { outcomesOf } from "./table.ts";

/** Endpoints of a Service without selector, with this many addresses on port 8000, 8001, ... */
function messages(...addresses: readonly number[]): readonly string[] {
  const subsets = addresses.map((count, subset) => ({
    ports: [{ name: "http", port: 8000 + subset }],
    addresses: Array.from({ length: count }, (_, at) => ({ ip: `10.${subset}.${at >> 8}.${at & 255}` })),
  }));
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { clusterIP: "None" } };
  const endpoints = { apiVersion: "v1", kind: "Endpoints", metadata: { name: "web" }, subsets };
  const objects = [service, endpoints].map((one) => JSON.stringify(one)).join("\n---\n");
  const outcomes = outcomesOf(endpointsTruncated, { name: "many addresses", objects });
  return outcomes.flatMap((one) => (one.status === "ran" ? one.findings : [])).map(({ message }) => message);
}

test("of one subset no more than 1000 addresses are mirrored", () => {
  expect(messages(1000)).toEqual([]);
  expect(messages(1003)).toEqual([
    "Endpoints web holds 1003 addresses, and of those with the same ports 1000 are mirrored: 3 of them are not mirrored into EndpointSlices, so cluster DNS does not answer with them.",
  ]);
});

test("of two subsets each is mirrored by itself", () => {
  expect(messages(600, 600)).toEqual([]);
  expect(messages(1001, 600)).toHaveLength(1);
});
