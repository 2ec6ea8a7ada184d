import { expect, test } from "vitest";
import type { SnapshotIndex } from "../../src/objects/snapshot-index.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { strayEndpoints, straySlices } from "../../src/trace/manual-slices.ts";
import { traceService } from "../../src/trace/trace.ts";
import { manifests } from "./world.ts";

const service = (name: string, spec = ""): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { clusterIP: None${spec} }\n`;
const slice = (name: string, meta = "", address = "192.0.2.1"): string =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: ${name}${meta === "" ? "" : `, ${meta}`} }\naddressType: IPv4\nendpoints: [{ addresses: [${address}] }]\n`;
const endpoints = (name: string): string =>
  `apiVersion: v1\nkind: Endpoints\nmetadata: { name: ${name} }\nsubsets: [{ addresses: [{ ip: 192.0.2.1 }] }]\n`;

function partsOf(index: SnapshotIndex, name: string) {
  const trace = traceService(namespaceLookups(index), { namespace: "default", name, asked: true });
  const { endpointSlices, services, endpoints: written } = trace.parts;
  if (endpointSlices.status !== "complete" || services.status !== "complete" || written.status !== "complete") {
    throw new Error("not collected");
  }
  return { trace, slices: endpointSlices.value, services: services.value, endpoints: written.value };
}

function stray(name: string, ...objects: readonly string[]): readonly string[] {
  const { trace, slices, services } = partsOf(manifests(objects.join("---\n")), name);
  return straySlices(trace, slices, services).map(({ slice: { metadata }, why }) => `${metadata.name} ${why.is}`);
}

test("a slice belongs to the Service that its name begins with, the longest", () => {
  const two = [service("db"), service("db-ro"), service("other")];
  expect(stray("db", ...two, slice("db-ro-1"), slice("db-1"))).toEqual(["db-1 unlabelled"]);
  expect(stray("db-ro", ...two, slice("db-ro-1"), slice("db-1"))).toEqual(["db-ro-1 unlabelled"]);
  expect(stray("other", ...two, slice("db-ro-1"), slice("db-1"))).toEqual([]);
});

test("the only slice belongs to the only Service that has none, and to nobody where there are two", () => {
  expect(stray("db", service("db"), slice("outside"))).toEqual(["outside unlabelled"]);
  expect(stray("db", service("db"), service("cache"), slice("outside"))).toEqual([]);
  expect(stray("db", service("db"), slice("outside"), slice("another"))).toEqual([]);
});

test("a label that names an existing Service is no mistake", () => {
  const label = "labels: { kubernetes.io/service-name: mysq1 }";
  expect(stray("mysql", service("mysql"), service("x"), slice("one", label))).toEqual(["one mislabelled"]);
  expect(stray("mysql", service("mysql"), service("mysq1"), slice("one", label))).toEqual([]);
});

test("a Service with a selector has its slices made", () => {
  expect(stray("db", service("db", ", selector: { app: db }"), slice("db-1"))).toEqual([]);
});

test("Endpoints of a near name, unless a Service of that name exists or the Service has its own", () => {
  const found = (...objects: readonly string[]): readonly string[] => {
    const parts = partsOf(manifests(objects.join("---\n")), "mysql");
    return strayEndpoints(parts.trace, parts.slices, parts.endpoints).map(({ metadata }) => metadata.name);
  };
  expect(found(service("mysql"), endpoints("mysq1"), endpoints("redis"))).toEqual(["mysq1"]);
  expect(found(service("mysql"), service("mysq1"), endpoints("mysq1"))).toEqual([]);
  expect(found(service("mysql"), endpoints("mysql"), endpoints("mysq1"))).toEqual([]);
});
