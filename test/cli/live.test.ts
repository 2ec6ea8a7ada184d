import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { kubeconfigFor, makeFolder } from "../api-server/kubeconfig.ts";
import { headlessService, shop } from "../api-server/objects.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../api-server/server.ts";
import type { StoredObject } from "../api-server/store.ts";
import { type Ended, start } from "./run.ts";

const COREFILE = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . /etc/resolv.conf
    cache 30
}
`;

/** What lets CoreDNS read, as kubeadm makes it. */
const RIGHTS: readonly StoredObject[] = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "system:coredns" },
    rules: [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "system:coredns" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace: "kube-system" }],
  },
];

/** The cluster of shop(), with a Corefile that serves it, and a Pod that has its name in DNS. */
function cluster(): StoredObject[] {
  const objects = [...shop(), ...RIGHTS];
  return objects.map((object) => {
    if (object.kind === "ConfigMap" && "data" in object) return { ...object, data: { Corefile: COREFILE } };
    if (object.metadata.name !== "mysql-x7k2p") return object;
    const conditions = { ready: true, serving: true, terminating: false };
    const endpoint = { addresses: ["10.244.0.10"], conditions, hostname: "mysql-0" };
    return { ...object, endpoints: [{ ...endpoint, targetRef: { kind: "Pod", namespace: "shop", name: "mysql-0" } }] };
  });
}

async function serve(options: Partial<ApiServerOptions> = {}): Promise<{
  readonly server: ApiServer;
  readonly run: (...args: string[]) => Promise<Ended>;
  readonly config: Record<string, string>;
}> {
  const server = await startApiServer({ objects: cluster(), ...options });
  const folder = await makeFolder();
  onTestFinished(async () => {
    await server.close();
    await folder.remove();
  });
  const config = { KUBECONFIG: await folder.write("config", kubeconfigFor(server)) };
  return { server, run: (...args) => start(args, config).ended, config };
}

describe("doctor on a cluster", () => {
  test("reads one namespace and what cluster DNS is made of, and no Secret", async () => {
    const { server, run } = await serve();
    const ended = await run("doctor", "mysql", "-n", "shop");
    expect(ended.stdout).toContain("✓ answer          10.244.0.10; mysql-0.mysql too");
    const paths = [...new Set(server.requests.map(({ path }) => path))];
    expect(paths.filter((path) => /secrets/.test(path))).toEqual([]);
    expect(
      paths.filter((path) => !/\/namespaces\/(?:shop|kube-system)\/|\/namespaces$|clusterrole|accessreview/.test(path)),
    ).toEqual([]);
  });

  test("a Service that is elsewhere is found there", async () => {
    const { run } = await serve();
    const { status, stdout } = await run("doctor", "mysql", "-n", "default");
    expect(status).toBe(1);
    expect(stdout).toContain("Service default/mysql · not found · broken at: service");
    expect(stdout).toContain("Service mysql exists in: shop");
  });

  test("an alias is judged by what it leads to in another namespace", async () => {
    const alias = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "alias", namespace: "front" },
      spec: { type: "ExternalName", externalName: "mysql.shop.svc.cluster.local" },
    };
    const front = { apiVersion: "v1", kind: "Namespace", metadata: { name: "front" }, status: { phase: "Active" } };
    const { run, server } = await serve({ objects: [...cluster(), front, alias] });
    const ended = await run("doctor", "-n", "front");
    expect(ended.stdout).toContain("Service front/alias · not headless · healthy");
    expect(ended.status).toBe(0);
    expect(server.requests.some(({ path }) => path.includes("/namespaces/shop/endpointslices"))).toBe(true);
  });

  test("nor may all Services be listed: it is not found here, and that is all", async () => {
    const { run } = await serve({ forbidden: ["list services in null"] });
    const { status, stdout } = await run("doctor", "mysql", "-n", "default");
    expect(status).toBe(1);
    expect(stdout).toContain("There is no Service mysql in namespace default");
  });

  test("a forbidden list leaves its links unknown: 3, and never healthy", async () => {
    const { run } = await serve({ forbidden: ["list pods in shop"] });
    const text = await run("doctor", "mysql", "-n", "shop");
    expect(text.status).toBe(3);
    expect(text.stdout).toContain("Service shop/mysql · headless · unknown\n");
    expect(text.stdout).toContain("no permission to list pods in shop");
    const json = JSON.parse((await run("doctor", "mysql", "-n", "shop", "-o", "json")).stdout);
    expect(json.services[0].verdict).toBe("unknown");
    expect(json.unchecked).toContainEqual(expect.objectContaining({ rule: "pod-not-ready", byNature: false }));
  });

  test("Services that may not be listed are not told to be none", async () => {
    const { run } = await serve({ forbidden: ["list services in shop"] });
    const ended = await run("doctor", "-n", "shop");
    expect(ended.status).toBe(3);
    expect(ended.stderr).not.toContain("No headless Services found");
    expect(ended.stdout).toContain("no permission to list services in shop");
  });

  test("a finding weighs more than what was forbidden", async () => {
    const { run } = await serve({
      objects: [...cluster(), headlessService("shop", "alone", { app: "none" })],
      forbidden: ["list events", "list endpointslices in shop"],
    });
    const { status, stdout } = await run("doctor", "alone", "-n", "shop");
    expect(status).toBe(1);
    expect(stdout).toContain("Service shop/alone · headless · broken at: selector");
    expect(stdout).toContain("Not checked: ");
  });

  test("without names, all of the namespace; with -A, of all", async () => {
    const { run } = await serve({ objects: [...cluster(), headlessService("default", "alone", { app: "none" })] });
    expect((await run("doctor", "-n", "shop")).stdout).toContain("Service shop/mysql");
    const all = await run("doctor", "-A");
    expect(all.stdout).toMatch(/^default +alone +broken/m);
    expect(all.stdout).toMatch(/^shop +mysql/m);
    expect(all.stdout.indexOf("alone")).toBeLessThan(all.stdout.indexOf("mysql"));
  });

  test("-l chooses Services by their labels", async () => {
    const labelled = headlessService("shop", "labelled", { app: "none" }, { team: "a" });
    const { run } = await serve({ objects: [...cluster(), labelled] });
    expect((await run("doctor", "-n", "shop", "-l", "team=a")).stdout).toContain("Service shop/labelled");
    const none = await run("doctor", "-n", "shop", "-l", "team=b");
    expect(none).toMatchObject({
      stderr: "No headless Services found in shop namespace with labels team=b.\n",
      stdout: "",
    });
  });
});

describe("a cluster that cannot be asked is one line", () => {
  test("a namespace that is not there: 2, with the nearest name", async () => {
    const { run } = await serve();
    expect(await run("doctor", "mysql", "-n", "shpo")).toEqual({
      status: 2,
      stdout: "",
      stderr: 'error: no namespace "shpo" in context test (did you mean "shop"? kubectl get namespaces lists them)\n',
    });
  });

  test("scan -A of whoever may list neither Services nor namespaces says how to go on: 3", async () => {
    const { run } = await serve({ forbidden: ["list services in null", "list pods in null", "list namespaces"] });
    const { status, stdout, stderr } = await run("scan", "-A");
    expect(status).toBe(3);
    expect(stdout).toContain("Not read: services");
    expect(stderr).toBe("What may not be listed as a whole is read by namespace: kheadless scan -n NAMESPACE\n");
  });

  test("a Pod's name in place of a Service's: 2, with what to ask instead", async () => {
    const { run } = await serve();
    const { status, stderr } = await run("doctor", "mysql-0.mysql", "-n", "shop");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: no namespace "mysql" in context test; of Pod mysql-0 below Service mysql, ask /);
    expect(stderr).toContain("kheadless resolve mysql-0.mysql, or kheadless doctor mysql\n");
  });

  test("nobody listens: 3", async () => {
    const { server, run } = await serve();
    await server.close();
    const ended = await run("doctor", "mysql");
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr).toMatch(/^error: https:\/\/127\.0\.0\.1:\d+: connection refused \(.*\)\n$/);
  });

  test("credentials that are refused: 3", async () => {
    const { run } = await serve({ refuseAnonymous: true });
    const ended = await run("doctor", "mysql");
    expect(ended).toMatchObject({ status: 3, stdout: "" });
    expect(ended.stderr.split("\n")).toHaveLength(2);
  });

  test("Ctrl-C while it waits: 130, at once", async () => {
    let asked: () => void = () => {};
    const hangs = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { config } = await serve({
      intercept: () => {
        asked();
        return true;
      },
    });
    const { child, ended } = start(["doctor", "mysql"], config);
    await hangs;
    child.kill("SIGINT");
    expect(await ended).toEqual({ status: 130, stdout: "", stderr: "error: interrupted\n" });
  });
});

describe("resolve on a cluster", () => {
  test("a name of another namespace reads that namespace, too", async () => {
    const { server, run } = await serve();
    const ended = await run("resolve", "mysql-0.mysql.shop", "-o", "name");
    expect(ended).toMatchObject({ status: 0, stdout: "mysql-0.mysql.shop.svc.cluster.local\n", stderr: "" });
    expect(server.requests.some(({ path }) => path === "/api/v1/namespaces/shop/services")).toBe(true);
  });

  test("a namespace that does not exist is no error: it has no names", async () => {
    const { run } = await serve();
    const ended = await run("resolve", "mysql-0.mysql.nowhere");
    expect(ended.status).toBe(1);
    expect(ended.stdout).toContain("does not resolve");
  });

  test("an address is looked for in all namespaces", async () => {
    const { run } = await serve();
    expect((await run("resolve", "10.244.0.10", "-o", "json")).stdout).toContain(
      "mysql-0.mysql.shop.svc.cluster.local.",
    );
  });
});

describe("manifests over a cluster", () => {
  const written = (labels: string, serviceName = "mysql") => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: mysql }
spec:
  serviceName: ${serviceName}
  selector: { matchLabels: { app: mysql } }
  template:
    metadata: { labels: ${labels} }
    spec: { containers: [{ name: main, image: "mysql:8" }] }
`;

  async function laid(text: string, options: Partial<ApiServerOptions> = {}) {
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "mysql", uid: "x", controller: true };
    const slice = { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
    const objects = cluster().map((object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        ...(object.metadata.name === "mysql-0" ? { ownerReferences: [owner] } : {}),
        ...(object.metadata.name === "mysql-x7k2p" ? { labels: { ...object.metadata.labels, ...slice } } : {}),
      },
    }));
    const served = await serve({ objects, ...options });
    const folder = await makeFolder();
    onTestFinished(() => folder.remove());
    return { ...served, file: await folder.write("mysql.yaml", text) };
  }

  test("what changes nothing is as healthy as the cluster", async () => {
    const { run, file } = await laid(written("{ app: mysql }"));
    const ended = await run("doctor", "-f", file, "--live", "-n", "shop");
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toContain("10.244.0.10; mysql-0.mysql too");
  });

  test("a template that loses the label of a Service of the cluster breaks that Service", async () => {
    const { run, file } = await laid(written("{ app: mysql9 }"));
    const { status, stdout } = await run("doctor", "-f", file, "--live", "-n", "shop");
    expect(status).toBe(1);
    expect(stdout).toContain("Service shop/mysql · headless · broken at: selector");
    const resolved = await run("resolve", "mysql-0.mysql", "-f", file, "--live", "-n", "shop");
    expect(resolved.status).toBe(1);
  });

  test("objects without a namespace are in the context's, and others' namespaces are read", async () => {
    const elsewhere = written("{ app: mysql }").replace("name: mysql }", "name: mysql, namespace: shop }");
    const { run, server, file } = await laid(`${elsewhere}---${written("{ app: mysql }")}`);
    const { stdout } = await run("doctor", "-f", file, "--live", "-o", "json");
    const { services, source } = JSON.parse(stdout);
    expect(services.map(({ namespace, name }: Record<string, string>) => `${namespace}/${name}`)).toEqual([
      "default/mysql",
      "shop/mysql",
    ]);
    expect(source).toEqual({
      kind: "cluster",
      description: `${file} over context test, namespaces default, shop`,
    });
    expect(server.requests.some(({ path }) => path === "/apis/apps/v1/namespaces/shop/statefulsets")).toBe(true);
  });

  test("an update that the API server would reject is told, and the cluster's object stays", async () => {
    const { run, file } = await laid(written("{ app: mysql }", "db"));
    const ended = await run("resolve", "mysql-0.mysql", "-f", file, "--live", "-n", "shop");
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain("spec.serviceName cannot be changed once it is set");
  });

  test("a namespace that the manifests make need not be there", async () => {
    const { run, file } = await laid(`apiVersion: v1\nkind: Namespace\nmetadata: { name: fresh }`);
    expect((await run("doctor", "-f", file, "--live", "-n", "fresh")).status).toBe(0);
    expect((await run("doctor", "-f", file, "--live", "-n", "other")).status).toBe(2);
  });

  test.each([
    [["--live"], "--live lays manifests over the cluster: give -f, -k or --helm, too"],
    [["--live", "-f", "x.yaml", "--snapshot", "s.json"], "--live and --snapshot are two clusters: give one of them"],
    [["--live", "-f", "x.yaml", "--observe"], "--observe asks the cluster as it is: it does not go with --live"],
  ])("%j is refused", async (args, message) => {
    const { run } = await serve();
    expect(await run("doctor", ...args)).toEqual({ status: 2, stdout: "", stderr: `error: ${message}\n` });
  });
});

test("a snapshot gives what the cluster gave, byte for byte", async () => {
  const objects = [...cluster(), headlessService("shop", "alone", { app: "none" })];
  const { run } = await serve({ objects, forbidden: ["list jobs"] });
  const taken = await run("snapshot", "-n", "shop");
  expect(taken.status).toBe(3);
  expect(taken.stderr).toContain("not read: ");
  const folder = await makeFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, "s.json");
  writeFileSync(file, taken.stdout);
  for (const args of [["doctor"], ["doctor", "alone"], ["resolve", "mysql-0.mysql"], ["resolve", "alone"]]) {
    const live = await run(...args, "-n", "shop", "-o", "json");
    const read = await run(...args, "--snapshot", file, "-o", "json");
    const withoutSource = ({ stdout, status }: Ended) => ({
      status,
      stdout: stdout.replace(/"source": \{[^}]*\}/, ""),
    });
    // Ages are told relative to the moment of reading, which is a second later at most.
    const withoutAges = (ended: Ended) => {
      const { status, stdout } = withoutSource(ended);
      return { status, stdout: stdout.replace(/\b\d+[smhdy](?:\d+[smhd])?\b/g, "AGE") };
    };
    expect(withoutAges(read)).toEqual(withoutAges(live));
  }
});
