import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { complete, unavailable } from "../../../src/objects/collected.ts";
import type { AccessFact } from "../../../src/objects/observation.ts";
import type { Pod } from "../../../src/objects/pod.ts";
import type { ClusterDnsFacts, Listed } from "../../../src/objects/snapshot.ts";
import { readDnsFacts } from "../../../src/sources/cluster/dns-facts.ts";
import { readResource } from "../../../src/sources/cluster/list.ts";
import { pod } from "../../api-server/objects.ts";
import { type ApiServerOptions, send } from "../../api-server/server.ts";
import type { StoredObject } from "../../api-server/store.ts";
import { connectTo, never, serve } from "./setup.ts";

const dnsPod = (name: string, label = "kube-dns", spec: object = {}) =>
  pod("kube-system", name, { "k8s-app": label }, { serviceAccountName: "coredns", ...spec });

const role = (name: string, rules: readonly object[]): StoredObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name },
  rules,
});
const binding = (name: string, roleName: string, subjects: readonly object[]): StoredObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { kind: "ClusterRole", name: roleName },
  subjects,
});
const coredns = { kind: "ServiceAccount", namespace: "kube-system", name: "coredns" };
const reads = (apiGroups: readonly string[], resources: readonly string[], more: object = {}) => ({
  apiGroups,
  resources,
  verbs: ["list", "watch"],
  ...more,
});
const core = reads([""], ["services", "pods", "namespaces"]);
const slices = reads(["discovery.k8s.io"], ["endpointslices"]);

async function facts(options: ApiServerOptions, lists?: readonly Listed<Pod>[]): Promise<ClusterDnsFacts> {
  return (await factsAndRequests(options, lists)).found;
}

async function factsAndRequests(options: ApiServerOptions, lists?: readonly Listed<Pod>[]) {
  const objects = [dnsPod("coredns-1"), ...(options.objects ?? [])];
  const server = await serve({ ...options, objects });
  const { api } = await connectTo(server);
  const read = await readResource(api, "pods", { namespace: "kube-system" }, never);
  const found = await readDnsFacts(api, lists ?? [{ namespace: "kube-system", result: complete(read.items) }], never);
  return { found, asked: server.requests.map(({ path }) => decodeURIComponent(path.replace(/^.*\//, ""))) };
}

function denied({ access }: ClusterDnsFacts): readonly string[] {
  if (access === null || access.status === "unavailable") return ["not read"];
  return access.items.filter(({ allowed }) => !allowed).map(({ verb, resource }) => `${verb} ${resource}`);
}

const bodyOf = async (request: IncomingMessage): Promise<string> => Buffer.concat(await request.toArray()).toString();

/** Answers reviews: who is asked about may read all but EndpointSlices. */
const reviewing =
  (reviews: string[]): NonNullable<ApiServerOptions["intercept"]> =>
  (request, response, { path }) => {
    if (request.method !== "POST" || !path.endsWith("/subjectaccessreviews")) return false;
    void bodyOf(request).then((body) => {
      reviews.push(body);
      const { spec } = JSON.parse(body);
      const allowed = spec.resourceAttributes.resource !== "endpointslices";
      send(request, response, 201, {
        kind: "SubjectAccessReview",
        status: { allowed, ...(allowed ? { reason: "RBAC: allowed by ClusterRoleBinding x" } : {}) },
      });
    });
    return true;
  };

describe("what cluster DNS may read", () => {
  it("is told by the role of the usual name in two requests, where that allows all of it", async () => {
    const usual = binding("system:coredns", "system:coredns", [coredns]);
    const reviews: string[] = [];
    const intercept = reviewing(reviews);
    const { found, asked } = await factsAndRequests({
      objects: [role("system:coredns", [core, slices]), usual],
      intercept,
    });
    expect(denied(found)).toEqual([]);
    expect(found.access).toMatchObject({ status: "complete" });
    expect(asked.sort()).toEqual(["log", "pods", "system:coredns", "system:coredns"]);
    // Of another's role, of one that allows less and of one that may not be read it says nothing.
    const others = binding("system:coredns", "system:coredns", [{ ...coredns, namespace: "shop" }]);
    const renamed = binding("system:coredns", "another", [coredns]);
    for (const options of [
      { objects: [role("system:coredns", [core, slices]), others] },
      { objects: [role("system:coredns", [core, slices]), renamed] },
      { objects: [role("system:coredns", [core]), usual] },
      { objects: [role("system:coredns", [core, slices]), usual], forbidden: ["get clusterroles"] },
    ]) {
      reviews.length = 0;
      expect(denied(await facts({ ...options, intercept }))).toEqual(["list endpointslices", "watch endpointslices"]);
      expect(reviews).toHaveLength(8);
    }
  });

  it("is asked of the API server where that is allowed", async () => {
    const reviews: string[] = [];
    const found = await facts({ intercept: reviewing(reviews) });
    expect(denied(found)).toEqual(["list endpointslices", "watch endpointslices"]);
    expect(found.access).toMatchObject({ status: "complete" });
    expect(JSON.parse(reviews[0] ?? "")).toMatchObject({
      spec: {
        user: "system:serviceaccount:kube-system:coredns",
        groups: expect.arrayContaining(["system:serviceaccounts:kube-system", "system:authenticated"]),
        resourceAttributes: { verb: "list", group: "", resource: "namespaces" },
      },
    });
  });

  it("else follows from the ClusterRoles that are bound to it, by whatever name of it", async () => {
    const objects = [
      role("system:coredns", [core]),
      role("more", [slices]),
      role("another's", [reads(["*"], ["*"])]),
      binding("system:coredns", "system:coredns", [coredns]),
      binding("b", "more", [{ kind: "Group", name: "system:serviceaccounts:kube-system" }]),
      binding("c", "another's", [{ kind: "ServiceAccount", namespace: "shop", name: "coredns" }]),
      binding("d", "gone", [coredns]),
    ];
    const found = await facts({ objects });
    expect(denied(found)).toEqual([]);
    const by = (resource: string) =>
      (found.access?.status === "complete" ? found.access.items : []).find(
        (fact: AccessFact) => fact.resource === resource,
      )?.because;
    expect(by("services")).toBe("ClusterRole system:coredns (ClusterRoleBinding system:coredns)");
    expect(by("endpointslices")).toBe("ClusterRole more (ClusterRoleBinding b)");
  });

  it("a rule for some names, other verbs or the wrong group allows nothing", async () => {
    const objects = [
      role("system:coredns", [
        core,
        reads(["discovery.k8s.io"], ["endpointslices"], { resourceNames: ["one"] }),
        reads(["discovery.k8s.io"], ["endpointslices"], { verbs: ["get", "list"] }),
        reads([""], ["endpointslices"]),
      ]),
      binding("system:coredns", "system:coredns", [coredns]),
    ];
    const found = await facts({ objects });
    expect(denied(found)).toEqual(["watch endpointslices"]);
    expect(found.access).toMatchObject({ status: "complete" });
  });

  it("an account that nobody names may nothing", async () => {
    const found = await facts({ objects: [role("system:coredns", [core, slices])] });
    expect(denied(found)).toHaveLength(8);
    expect(found.access).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ because: "no ClusterRoleBinding names the account" })]),
    });
  });

  it("without the list, the role of the usual name is read, and another may allow the rest", async () => {
    const objects = [role("system:coredns", [core]), binding("system:coredns", "system:coredns", [coredns])];
    const found = await facts({ objects, forbidden: ["list clusterrolebindings"] });
    expect(found.access).toMatchObject({ status: "partial", because: "only ClusterRole system:coredns was read" });
    expect(denied(found)).toEqual(["list endpointslices", "watch endpointslices"]);
  });

  it("without any of these it is not known, never denied", async () => {
    const forbidden = ["list clusterrolebindings", "get clusterrolebindings"];
    const found = await facts({ objects: [role("system:coredns", [core])], forbidden });
    expect(found.access).toMatchObject({
      status: "unavailable",
      because: expect.stringContaining("no permission to list clusterrolebindings"),
    });
  });

  it("a binding whose role may not be read is a gap, not a denial of everything", async () => {
    const objects = [role("system:coredns", [core, slices]), binding("system:coredns", "system:coredns", [coredns])];
    const found = await facts({ objects, forbidden: ["get clusterroles"] });
    expect(found.access?.status).toBe("partial");
    expect(denied(found)).toEqual([]);
  });
});

describe("what cluster DNS logged", () => {
  const logs: Record<string, string> = {
    "coredns-1": [
      "[INFO] plugin/reload: Running configuration SHA512 = 1b22",
      'E0102 15:04:05.000000       1 reflector.go:200] "Failed to watch" err="failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User x cannot list"',
      "linux/amd64, go1.24",
      "[ERROR] plugin/errors: 2 example.org. A: read udp 10.244.0.2:4242->1.1.1.1:53: i/o timeout",
      `[WARNING] ${"x".repeat(600)}`,
    ].join("\n"),
  };
  const intercept: ApiServerOptions["intercept"] = (_request, response, { path }) => {
    const [, name = ""] = /\/pods\/([^/]+)\/log$/.exec(path) ?? [];
    if (name === "") return false;
    response.writeHead(200, { "content-type": "text/plain" }).end(logs[name] ?? "");
    return true;
  };

  it("keeps the lines that tell of faults", async () => {
    const found = await facts({ intercept, objects: [dnsPod("coredns-2"), dnsPod("cache-1", "node-local-dns")] });
    const [first, second, ...more] = found.logs?.status === "complete" ? found.logs.items : [];
    expect(first?.lines).toHaveLength(3);
    expect(first?.lines[0]).toContain("is forbidden");
    expect(first?.lines[2]).toHaveLength(503);
    expect(second).toEqual({ pod: { namespace: "kube-system", name: "coredns-2" }, lines: [] });
    expect(more).toEqual([]);
  });

  it("asks for little of it, and for the log before a restart where there is no other yet", async () => {
    const waiting = {
      phase: "Running",
      podIP: "10.244.0.2",
      containerStatuses: [
        {
          name: "main",
          ready: false,
          restartCount: 3,
          image: "coredns",
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1 } },
        },
      ],
    };
    const asked: URLSearchParams[] = [];
    await facts({
      objects: [{ ...dnsPod("coredns-0"), status: waiting }],
      intercept: (request, response, seen) => {
        if (seen.path.endsWith("/pods/coredns-0/log")) asked.push(seen.query);
        return intercept(request, response, seen);
      },
    });
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({
      tailLines: "200",
      limitBytes: "262144",
      sinceSeconds: "3600",
      container: "main",
      previous: "true",
    });
  });

  it("without permission there are none, and nothing else suffers", async () => {
    const refuse: ApiServerOptions["intercept"] = (request, response, { path }) => {
      if (!path.endsWith("/log")) return false;
      send(request, response, 403, {
        kind: "Status",
        message:
          'pods "coredns-1" is forbidden: User "dev" cannot get resource "pods/log" in API group "" in the namespace "kube-system"',
      });
      return true;
    };
    const found = await facts({ intercept: refuse });
    expect(found.logs).toMatchObject({
      status: "unavailable",
      because: "no permission to get pods/log in kube-system (user dev)",
    });
    expect(denied(found)).toHaveLength(8);
  });

  it("no Pods of cluster DNS, or none that may be read: nothing is asked", async () => {
    const server = await serve({ objects: [dnsPod("elsewhere", "other")] });
    const { api } = await connectTo(server);
    const none = await readDnsFacts(api, [{ namespace: null, result: complete([]) }], never);
    expect(none.access).toMatchObject({
      status: "unavailable",
      because: "no Pods of cluster DNS were found in kube-system",
    });
    const refused = await readDnsFacts(
      api,
      [
        { namespace: "kube-system", result: unavailable("no permission") },
        { namespace: "shop", result: complete([]) },
      ],
      never,
    );
    expect(refused.logs).toMatchObject({ because: "no permission" });
    expect(server.requests).toHaveLength(0);
  });
});
