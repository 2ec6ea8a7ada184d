import { expect, test } from "vitest";
import { predict } from "../../src/dns/zone.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { live, manifests } from "./world.ts";

const service = (name: string, selector: string): string =>
  `{kind: Service, apiVersion: v1, metadata: {name: ${name}, namespace: shop}, spec: {clusterIP: None, clusterIPs: [None], selector: {${selector}}, ports: [{port: 5432}]}}\n---\n`;
const SET =
  "{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: pg, namespace: shop}, spec: {serviceName: pg, replicas: 2, template: {metadata: {labels: {app: pg, tier: db}}, spec: {containers: [{name: c, image: i}]}}}}\n";

test.each([
  ["app: pg, role: master", "not all EndpointSlices of namespace shop are known: Service pg selects role=master,"],
  [
    "app: pg, example.com/part: x",
    "not all EndpointSlices of namespace shop are known: Service pg selects example.com/part=x",
  ],
  ["app: other, role: master", "its selector app=other,role=master matches no Pod"],
  ["role: master", "its selector role=master matches no Pod"],
  ["app: pg, tier: web", "its selector app=pg,tier=web matches no Pod"],
])("of a Service over %s manifests tell that %s", (selector, expected) => {
  const prediction = predict(zoneOf(manifests(service("pg", selector) + SET)).zone, "pg.shop.svc.cluster.local.", "A");
  expect(prediction.known ? prediction.reason : prediction.because).toContain(expected);
  expect(prediction.known).toBe(expected.startsWith("its selector"));
});

test("a label that a template has with another value is none that is to come", () => {
  const set = SET.replace("tier: db", "tier: db, role: replica");
  const index = manifests(service("pg", "app: pg, role: master") + set);
  expect(predict(zoneOf(index).zone, "pg.shop.svc.cluster.local.", "A").known).toBe(true);
});

test("on a cluster its slices tell", () => {
  const index = live(service("pg", "app: pg, role: master") + SET);
  expect(predict(zoneOf(index).zone, "pg.shop.svc.cluster.local.", "A").known).toBe(true);
});
