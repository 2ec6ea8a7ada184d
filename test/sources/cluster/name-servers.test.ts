import { describe, expect, it } from "vitest";
import { complete, present } from "../../../src/objects/collected.ts";
import { readResource } from "../../../src/sources/cluster/list.ts";
import { readVacantNameServers } from "../../../src/sources/cluster/name-servers.ts";
import type { ApiServerOptions } from "../../api-server/server.ts";
import type { StoredObject } from "../../api-server/store.ts";
import { connectTo, never, serve } from "./setup.ts";

const service = (namespace: string, name: string, ...clusterIPs: readonly string[]): StoredObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace, name },
  spec: { type: "ClusterIP", clusterIP: clusterIPs[0], clusterIPs, ports: [{ port: 53 }] },
});
const api = service("default", "kubernetes", "10.96.0.1");
const dns = service("kube-system", "kube-dns", "10.96.0.10");

/** What is found of kubelets with these name servers, and how often something was asked for it. */
async function vacant(nameservers: string, objects: readonly StoredObject[], more: ApiServerOptions = {}) {
  const kubelet: StoredObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "kube-system", name: "kubelet-config" },
    data: { kubelet: `clusterDNS: [${nameservers}]\nclusterDomain: cluster.local\n` },
  };
  const server = await serve({ objects: [...objects, kubelet], ...more });
  const { api } = await connectTo(server);
  const read = async <R extends "configMaps" | "services">(resource: R) => {
    const { items } = await readResource(api, resource, { namespace: "kube-system" }, never);
    return [{ namespace: "kube-system", result: complete(items) }];
  };
  const [maps, services] = [await read("configMaps"), await read("services")];
  expect(maps.flatMap(({ result }) => present(result))).toHaveLength(1);
  const before = server.requests.length;
  const found = await readVacantNameServers(api, maps, services, never);
  return { found, asked: server.requests.length - before };
}

describe("readVacantNameServers", () => {
  it("finds addresses of the range of Services that no Service has", async () => {
    expect(await vacant("10.96.0.53", [api, dns])).toMatchObject({ found: ["10.96.0.53"] });
    expect(await vacant("10.96.0.53, 10.96.0.54", [api, dns])).toMatchObject({ found: ["10.96.0.53", "10.96.0.54"] });
    const six = [
      service("default", "kubernetes", "fd00:10:96::1"),
      service("kube-system", "kube-dns", "fd00:10:96::a"),
    ];
    expect(await vacant('"fd00:10:96::53"', six)).toMatchObject({ found: ["fd00:10:96::53"] });
  });

  it("asks nothing where cluster DNS has the address", async () => {
    expect(await vacant("10.96.0.10", [api, dns])).toEqual({ found: [], asked: 0 });
    expect(await vacant("10.96.0.53, 10.96.0.10", [api, dns])).toEqual({ found: [], asked: 0 });
    expect(await vacant("", [api, dns])).toEqual({ found: [], asked: 0 });
  });

  it.each([
    ["another Service has it", "10.96.0.53", [api, dns, service("dns", "resolver", "10.96.0.53")], {}],
    ["one of several may be somebody's", "10.96.0.53, 10.0.0.2", [api, dns], {}],
    ["it is NodeLocal DNSCache's", "169.254.20.10", [api, dns], {}],
    ["it is a resolver outside", "10.0.0.2", [api, dns], {}],
    ["the range is not known", "10.96.0.53", [dns], {}],
    ["the range may not be read", "10.96.0.53", [api, dns], { forbidden: ["get services in default"] }],
    ["Services may not be listed everywhere", "10.96.0.53", [api, dns], { forbidden: ["list services in null"] }],
    ["it is no address", "ten", [api, dns], {}],
  ] as const)("finds nothing where %s", async (_, nameservers, objects, more) => {
    expect((await vacant(nameservers, objects, more)).found).toEqual([]);
  });
});
