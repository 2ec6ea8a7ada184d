// node test/cluster/smoke.ts: shows that the cluster does what the tests lean on, on the real components.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import {
  type Api,
  clusterForTests,
  defaultCorefile,
  type KubeObject,
  kubeconfigFor,
  openApi,
  readCorefile,
  reference,
  restartClusterDns,
  runInNetwork,
  scaleClusterDns,
  type TestCluster,
  toolsImage,
  withCorefile,
  withFakeNodes,
  withNamespace,
} from "./cluster.ts";
import { run, waitFor } from "./run.ts";

const cluster = await clusterForTests();
if ("skip" in cluster) {
  console.error(`cannot run here: ${cluster.skip}`);
  process.exit(69);
}
const { api, kubeconfig } = cluster;
const kubectl = (...args: string[]) => run("kubectl", ["--kubeconfig", kubeconfig, ...args]);
const slices = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" };

async function step(what: string, work: () => Promise<unknown>): Promise<void> {
  const started = Date.now();
  await work();
  console.log(`${what}: ok, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const headless = (namespace: string, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace },
  spec: { clusterIP: "None", selector: { app: "web" }, ports: [{ name: "http", port: 8080 }], ...more },
});

async function statefulSet(api: Api, namespace: string): Promise<void> {
  const labels = { app: "web" };
  const container = {
    name: "web",
    image: toolsImage,
    command: ["sh", "-c", "echo started; exec httpd -f -p 8080"],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
  };
  await api.create(headless(namespace));
  await api.create({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "web", namespace },
    spec: {
      serviceName: "web",
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
    },
  });
  const set = reference("apps/v1", "StatefulSet", "web", namespace);
  await api.wait(set, (found) => found?.status?.readyReplicas === 2);
}

async function askFromPod(api: Api, namespace: string): Promise<void> {
  const { podIP } = (await api.get(reference("v1", "Pod", "web-0", namespace))).status;
  const exec = ["-n", namespace, "exec", "web-1", "--"];
  const name = `web-0.web.${namespace}.svc.cluster.local`;
  await waitFor("the Pod's name", 40, async () => {
    const answer = await kubectl(...exec, "dig", "+short", "+tries=1", name);
    return answer.trim() === podIP || undefined;
  });
  assert.match(await kubectl(...exec, "nslookup", name), new RegExp(podIP));
  assert.match(
    await kubectl(...exec, "wget", "-q", "-O", "-", "http://web-0.web:8080/bin/").catch(String),
    /404|index/i,
  );
  const outside = await kubectl(...exec, "dig", "does-not-exist.test");
  assert.match(outside, /status: NXDOMAIN/);
  assert.equal(await kubectl(...exec, "dig", "+short", "www.external.test"), "192.0.2.80\n");
}

/** Asks each CoreDNS replica over a port-forward through the API server. */
async function portForward(replica: KubeObject): Promise<void> {
  const target = ["-n", "kube-system", "port-forward", `pod/${replica.metadata.name}`, ":53"];
  const child = spawn("kubectl", ["--kubeconfig", kubeconfig, ...target], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (text) => resolve(/127\.0\.0\.1:(\d+)/.exec(`${text}`)?.[1] ?? ""));
      child.on("exit", () => reject(new Error("kubectl port-forward ended")));
    });
    const answer = await run("dig", [
      "+tcp",
      "+short",
      "@127.0.0.1",
      "-p",
      port,
      "kubernetes.default.svc.cluster.local",
    ]);
    assert.match(answer, /^\d+\.\d+\.\d+\.\d+\n$/);
  } finally {
    child.kill();
  }
}

/** A Pod that only the API knows, with the addresses and the readiness that the test wants. */
async function fakePod(namespace: string, name: string, node: string, ips: string[]): Promise<void> {
  const pod: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: "web" } },
    spec: { nodeName: node, hostname: name, subdomain: "web", containers: [{ name: "fake", image: "fake" }] },
  };
  await api.create(pod);
  const status = {
    phase: "Running",
    podIP: ips[0],
    podIPs: ips.map((ip) => ({ ip })),
    conditions: [{ type: "Ready", status: "True" }],
  };
  await api.patchStatus(pod, { status });
}

async function fakeNodes(namespace: string): Promise<void> {
  const families = { ipFamilyPolicy: "PreferDualStack" };
  const { spec } = await api.create(headless(namespace, families));
  await withFakeNodes(api, ["fake-a", "fake-b"], async () => {
    await fakePod(namespace, "one", "fake-a", ["10.9.0.1", "fd00:9::1"].slice(0, spec.ipFamilies.length));
    await fakePod(namespace, "two", "fake-b", ["10.9.0.2", "fd00:9::2"].slice(0, spec.ipFamilies.length));
    const found = await api.waitForAll({ ...slices, namespace }, (list) => {
      const ready = list.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready);
      return ready.length === 2 * spec.ipFamilies.length;
    });
    const types = found.map(({ addressType }) => addressType).sort();
    assert.deepEqual(types, [...spec.ipFamilies].sort());
  });
}

async function leastPrivilege(given: TestCluster, namespace: string): Promise<void> {
  const user = "reader/of services";
  const nobody = await openApi(await kubeconfigFor(given, user, ["kheadless:testers"]));
  const services = { apiVersion: "v1", kind: "Service", namespace };
  await assert.rejects(nobody.list(services), { code: 403 });
  const rbac = "rbac.authorization.k8s.io";
  await api.create({
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: { name: "reader", namespace },
    rules: [{ apiGroups: [""], resources: ["services"], verbs: ["list"] }],
  });
  await api.create({
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name: "reader", namespace },
    roleRef: { apiGroup: rbac, kind: "Role", name: "reader" },
    subjects: [{ apiGroup: rbac, kind: "User", name: user }],
  });
  await waitFor("the right to list Services", 10, () => nobody.list(services));
  await assert.rejects(nobody.list({ ...services, kind: "Pod" }), { code: 403 });
  nobody.close();
}

/** The TTL that each replica gives. */
async function changeClusterDns(): Promise<void> {
  const ask = ["+noall", "+answer", "kubernetes.default.svc.cluster.local"];
  const ttls = (replicas: KubeObject[]) =>
    Promise.all(
      replicas.map(async ({ status }) => (await runInNetwork("dig", ...ask, `@${status.podIP}`)).split(/\s+/)[1]),
    );
  const before = await readCorefile(api);
  await withCorefile(api, defaultCorefile.replace("ttl 30", "ttl 5"), async (replicas) => {
    assert.deepEqual(await ttls(replicas), ["5", "5"]);
  });
  assert.equal(await readCorefile(api), before);
  assert.equal((await scaleClusterDns(api, 3)).length, 3);
  assert.deepEqual(await ttls(await scaleClusterDns(api, 2)), ["30", "30"]);
  assert.equal((await restartClusterDns(api)).length, 2);
}

await withNamespace(api, async (namespace) => {
  await step("a StatefulSet's Pods are Running", () => statefulSet(api, namespace));
  await step("a Pod resolves another one's name", () => askFromPod(api, namespace));
  await step("logs through the API server", async () => {
    assert.match(await kubectl("-n", namespace, "logs", "web-0"), /started/);
  });
});
await withNamespace(api, (namespace) => step("fake Pods get EndpointSlices", () => fakeNodes(namespace)));
await withNamespace(api, (namespace) =>
  step("a user has only the rights given", () => leastPrivilege(cluster, namespace)),
);
const replicas = await api.list({
  apiVersion: "v1",
  kind: "Pod",
  namespace: "kube-system",
  labelSelector: "k8s-app=kube-dns",
});
await step("each CoreDNS replica answers through a port-forward", () => Promise.all(replicas.map(portForward)));
// Not in someone's own cluster: its DNS belongs to others too.
if (cluster.how === "one-machine") await step("another Corefile, more replicas, a restart", changeClusterDns);
api.close();
