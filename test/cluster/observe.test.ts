import { describe, expect, it } from "vitest";
import { type Outcome, runRules } from "../../src/diagnosis/engine.ts";
import { complete, present } from "../../src/objects/collected.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { RULES } from "../../src/rules/index.ts";
import { readCluster } from "../../src/sources/cluster/collect.ts";
import { type ClusterConnection, connectCluster } from "../../src/sources/cluster/connection.ts";
import { askReplicas, observe } from "../../src/sources/cluster/observe.ts";
import { describeObserved, describeServers } from "../../src/trace/dns-words.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { doctorQuestions, observationPlan } from "../../src/trace/questions.ts";
import { traceService } from "../../src/trace/trace.ts";
import {
  type Api,
  applyCorefile,
  defaultCorefile,
  type KubeObject,
  kubeconfigFor,
  reference,
  restartClusterDns,
  scaleClusterDns,
  type TestCluster,
  withCorefile,
  withNamespace,
} from "./cluster.ts";
import { cluster } from "./test-cluster.ts";

const never = new AbortController().signal;
const roles = "rbac.authorization.k8s.io/v1";

/** The cluster as this kubeconfig's user reaches it, for as long as the work takes. */
async function connected<T>(kubeconfig: string, work: (connection: ClusterConnection) => Promise<T>): Promise<T> {
  const connection = await connectCluster(
    { kubeconfig },
    { env: {}, cwd: "/", interactive: false, userAgent: "kheadless/test" },
  );
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

function read(connection: ClusterConnection, namespace: string): Promise<Snapshot> {
  const resources = ["services", "endpointSlices", "pods"] as const;
  return readCluster(connection, { namespaces: [namespace], resources, clusterDns: true, clusterDomain: null }, never);
}

/** As `doctor NAME --observe` sees it. */
async function observed(connection: ClusterConnection, namespace: string, name: string): Promise<Snapshot> {
  const plan = observationPlan((index, zone) => doctorQuestions(index, zone, [{ namespace, name }]));
  const reread = () => read(connection, namespace);
  return observe(connection.forward, await reread(), plan, reread, never);
}

const traceOf = (snapshot: Snapshot, namespace: string, name: string) =>
  traceService(namespaceLookups(indexSnapshot(snapshot)), { namespace, name, asked: true });

/** What the rules of cluster DNS and of its answers say, by rule. */
function judged(snapshot: Snapshot, namespace: string, name: string) {
  const rules = RULES.filter(({ link }) => link === "cluster-dns" || link === "answer");
  const outcomes = runRules(rules, traceOf(snapshot, namespace, name));
  for (const outcome of outcomes) if (outcome.status === "crashed") throw outcome.error;
  const findings = outcomes.flatMap((outcome: Outcome) => (outcome.status === "ran" ? outcome.findings : []));
  const unchecked = outcomes.flatMap((outcome) =>
    outcome.status === "unchecked" ? [[outcome.rule.id, outcome.reason] as const] : [],
  );
  return { findings, worth: findings.filter(({ severity }) => severity !== "info"), unchecked: new Map(unchecked) };
}

const service = (namespace: string, name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { clusterIP: "None", ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"], ports: [{ name: "http", port: 80 }] },
});

/** Endpoints of no Pod: what DNS answers needs no kubelet. */
const slice = (namespace: string, name: string, addresses: readonly string[]): KubeObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${name}-manual`, namespace, labels: { "kubernetes.io/service-name": name } },
  addressType: "IPv4",
  endpoints: addresses.map((address, index) => ({
    addresses: [address],
    conditions: { ready: true },
    hostname: `${name}-${index}`,
  })),
  ports: [{ name: "http", port: 80, protocol: "TCP" }],
});

async function web(
  api: Api,
  namespace: string,
  addresses: readonly string[] = ["10.9.0.1", "10.9.0.2"],
): Promise<void> {
  await api.create(service(namespace, "web"));
  await api.create(slice(namespace, "web", addresses));
}

/** kube-dns of the cluster's own replicas, as far as they can be asked. */
async function replicasOf(connection: ClusterConnection) {
  const { replicas } = observationPlan(() => []).replicas(await read(connection, "kube-system"));
  return replicas;
}

describe.runIf(cluster !== null)("asking every replica of cluster DNS", () => {
  const given = cluster as TestCluster;

  it("finds all as predicted, and says so", async () => {
    await withNamespace(given.api, async (namespace) => {
      await web(given.api, namespace);
      await connected(given.kubeconfig, async (connection) => {
        const seen = await observed(connection, namespace, "web");
        const { worth, unchecked } = judged(seen, namespace, "web");
        expect(worth).toEqual([]);
        expect([...unchecked]).toEqual([]);
        const { parts } = traceOf(seen, namespace, "web");
        expect(describeServers(parts.clusterDns, parts.corefile)).toMatch(
          /^CoreDNS 1\.\d+\.\d+: 2 of 2 Pods Ready, .*serves cluster\.local$/,
        );
        expect(describeObserved(parts.observed)).toMatch(/^2 replicas asked: \d+ answers as predicted$/);
        const replicas = present(seen.clusterDns?.observations ?? complete([]));
        expect(
          replicas.map(
            ({ answers }) =>
              answers.filter(({ name, status }) => name.startsWith("web-1.") && status === "answered").length,
          ),
        ).toEqual([1, 1]);
      });
    });
  });

  it("carries thousands of questions over one stream each", async () => {
    await connected(given.kubeconfig, async (connection) => {
      const questions = Array.from({ length: 3000 }, (_, index) => ({
        name: `n${index}.default.svc.cluster.local.`,
        type: "A",
        checkingDisabled: false,
      }));
      const found = await askReplicas(connection.forward, await replicasOf(connection), questions, never);
      expect(found.status).toBe("complete");
      const answers = present(found).flatMap((replica) => replica.answers);
      expect(answers).toHaveLength(6000);
      expect(new Set(answers.map((one) => (one.status === "answered" ? one.rcode : one.because)))).toEqual(
        new Set(["NXDOMAIN"]),
      );
    });
  });

  it("a port that nobody listens on is told of, and no replica is blamed for it", async () => {
    await connected(given.kubeconfig, async (connection) => {
      const replicas = (await replicasOf(connection)).map((replica) => ({ ...replica, port: 5399 }));
      const question = { name: "cluster.local.", type: "SOA", checkingDisabled: false };
      const found = await askReplicas(connection.forward, replicas, [question], never);
      expect(found.status).toBe("unavailable");
      const because = found.status === "unavailable" ? found.because : "";
      expect(because).toContain("nothing listens on localhost:5399 within the Pod (connection refused)");
    });
  });

  it("takes a change between reading and asking for what it is", async () => {
    await withNamespace(given.api, async (namespace) => {
      await web(given.api, namespace, ["10.9.0.1"]);
      await connected(given.kubeconfig, async (connection) => {
        const plan = observationPlan((index, zone) => doctorQuestions(index, zone, [{ namespace, name: "web" }]));
        const before = await read(connection, namespace);
        await given.api.patch(reference("discovery.k8s.io/v1", "EndpointSlice", "web-manual", namespace), {
          endpoints: [{ addresses: ["10.9.0.7"], conditions: { ready: true } }],
        });
        let reads = 0;
        const reread = () => {
          reads++;
          return read(connection, namespace);
        };
        const seen = await observe(connection.forward, before, plan, reread, never);
        expect(reads).toBe(1);
        expect(judged(seen, namespace, "web").worth).toEqual([]);
      });
    });
  });

  it("blames nobody while a Service keeps changing", async () => {
    await withNamespace(given.api, async (namespace) => {
      await web(given.api, namespace);
      const target = reference("discovery.k8s.io/v1", "EndpointSlice", "web-manual", namespace);
      let changes = 0;
      let over = false;
      const changing = (async () => {
        while (!over) {
          changes++;
          const addresses = [`10.9.${Math.floor(changes / 250)}.${(changes % 250) + 1}`];
          await given.api.patch(target, { endpoints: [{ addresses, conditions: { ready: true }, hostname: "web-0" }] });
        }
      })();
      try {
        await connected(given.kubeconfig, async (connection) => {
          for (let round = 0; round < 5; round++) {
            expect(judged(await observed(connection, namespace, "web"), namespace, "web").worth).toEqual([]);
          }
        });
      } finally {
        over = true;
        await changing;
      }
      expect(changes).toBeGreaterThan(100);
    });
  });

  it("sees an answer that a cache still holds, and proves it", async () => {
    const cached = defaultCorefile.replace(/cache 30 \{[^}]*\}/, "cache 30");
    await withCorefile(given.api, cached, () =>
      withNamespace(given.api, async (namespace) => {
        await given.api.create(service(namespace, "web"));
        await connected(given.kubeconfig, async (connection) => {
          const question = { name: `web.${namespace}.svc.cluster.local.`, type: "A", checkingDisabled: false };
          await askReplicas(connection.forward, await replicasOf(connection), [question], never);
          await given.api.create(slice(namespace, "web", ["10.9.0.1"]));
          const { worth } = judged(await observed(connection, namespace, "web"), namespace, "web");
          expect(worth.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(["dns-cached warning"]);
          expect(worth[0]?.message).toMatch(
            /still answers NXDOMAIN for web\..* from its cache, for up to \d+ s more; behind the cache stands 10\.9\.0\.1\./,
          );
        });
      }),
    );
  });

  it("finds the one replica that answers otherwise", async () => {
    const odd = "coredns-odd";
    const configMap: KubeObject = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: odd, namespace: "kube-system" },
      data: { Corefile: defaultCorefile.replace("pods insecure", "pods insecure\n       namespaces kube-system") },
    };
    const { api } = given;
    const [pod] = await api.list({
      apiVersion: "v1",
      kind: "Pod",
      namespace: "kube-system",
      labelSelector: "k8s-app=kube-dns",
    });
    const volumes = [
      { name: "config-volume", configMap: { name: odd, items: [{ key: "Corefile", path: "Corefile" }] } },
    ];
    const [container] = pod?.spec.containers ?? [];
    const mounts = container.volumeMounts.filter(({ name }: { name: string }) => name === "config-volume");
    const extra: KubeObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: odd, namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
      spec: {
        serviceAccountName: "coredns",
        dnsPolicy: "Default",
        containers: [{ ...container, volumeMounts: mounts }],
        volumes,
      },
    };
    await withNamespace(api, async (namespace) => {
      await web(api, namespace);
      try {
        await api.create(configMap);
        await api.create(extra);
        await api.wait(extra, (found) =>
          found?.status?.conditions?.some(
            ({ type, status }: { type: string; status: string }) => type === "Ready" && status === "True",
          ),
        );
        await connected(given.kubeconfig, async (connection) => {
          const { worth } = judged(await observed(connection, namespace, "web"), namespace, "web");
          expect(worth.map(({ rule, object }) => `${rule} ${object?.kind}/${object?.name}`)).toEqual([
            "dns-replicas-disagree Pod/coredns-odd",
          ]);
          expect(worth[0]?.message).toContain("answers NXDOMAIN");
          expect(worth[0]?.evidence.join("\n")).toMatch(/last change seen \(serial of the zone\): .*coredns-odd \d+/);
        });
      } finally {
        await api.delete(extra, { now: true });
        await api.delete(configMap);
        await api.wait(extra, (found) => found === undefined);
      }
    });
  });
});

describe.runIf(cluster !== null)("what is wrong with cluster DNS", () => {
  const given = cluster as TestCluster;

  it("no replicas at all, and then all is well again", async () => {
    await connected(given.kubeconfig, async (connection) => {
      try {
        await scaleClusterDns(given.api, 0);
        const pods = { apiVersion: "v1", kind: "Pod", namespace: "kube-system", labelSelector: "k8s-app=kube-dns" };
        await given.api.waitForAll(pods, (found) => found.length === 0);
        const down = judged(await observed(connection, "default", "kubernetes"), "default", "kubernetes");
        expect(down.worth.map(({ rule, object }) => `${rule} ${object?.name}`)).toEqual(["cluster-dns-down kube-dns"]);
        expect(down.worth[0]?.remedy).toContain(
          "kubectl -n kube-system scale deployment -l k8s-app=kube-dns --replicas=2",
        );
        expect(down.unchecked.get("answer-differs")).toBe("cluster DNS has no Pods to ask");
      } finally {
        await scaleClusterDns(given.api, 2);
      }
      await given.api.wait(reference("discovery.k8s.io/v1", "EndpointSlice", "x", "kube-system"), () => true);
      const slices = {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        namespace: "kube-system",
        labelSelector: "kubernetes.io/service-name=kube-dns",
      };
      await given.api.waitForAll(slices, (found) =>
        found.some(({ endpoints }) =>
          endpoints?.some(({ conditions }: { conditions: { ready: boolean } }) => conditions.ready),
        ),
      );
      expect(judged(await observed(connection, "default", "kubernetes"), "default", "kubernetes").worth).toEqual([]);
    });
  });

  it("an access that was taken away, and given back as the remedy says", async () => {
    const role = reference(roles, "ClusterRole", "system:coredns");
    const before = await given.api.get(role);
    await withNamespace(given.api, async (namespace) => {
      await web(given.api, namespace);
      await connected(given.kubeconfig, async (connection) => {
        try {
          const kept = before.rules.filter(
            ({ resources }: { resources: string[] }) => !resources.includes("endpointslices"),
          );
          await given.api.patch(role, { rules: kept });
          await expect
            .poll(
              async () => judged(await read(connection, namespace), namespace, "web").worth.map(({ rule }) => rule),
              { timeout: 20_000 },
            )
            .toEqual(["cluster-dns-forbidden"]);
          const [finding] = judged(await read(connection, namespace), namespace, "web").worth;
          expect(finding).toMatchObject({ severity: "error", object: { kind: "ClusterRole", name: "system:coredns" } });
          const patch = /-p '(.*)'$/.exec(finding?.remedy ?? "")?.[1] ?? "";
          await given.api.patch(role, JSON.parse(patch), "json");
          await expect
            .poll(async () => judged(await read(connection, namespace), namespace, "web").worth, { timeout: 20_000 })
            .toEqual([]);
        } finally {
          await given.api.patch(role, { rules: before.rules });
          await restartClusterDns(given.api);
        }
      });
    });
  });

  it("a namespace that the Corefile leaves out, and the Corefile of the remedy", async () => {
    const { api } = given;
    await withNamespace(api, async (namespace) => {
      await web(api, namespace);
      await connected(given.kubeconfig, async (connection) => {
        const only = defaultCorefile.replace("pods insecure", "pods insecure\n       namespaces kube-system default");
        await withCorefile(api, only, async () => {
          const seen = judged(await observed(connection, namespace, "web"), namespace, "web");
          expect(seen.worth.map(({ rule }) => rule)).toEqual(["corefile-excludes-service"]);
          const patch = JSON.parse(/-p '(.*)'$/m.exec(seen.worth[0]?.remedy ?? "")?.[1] ?? "{}");
          await applyCorefile(api, patch.data.Corefile);
          expect(judged(await observed(connection, namespace, "web"), namespace, "web").worth).toEqual([]);
        });
      });
    });
  });
});

describe.runIf(cluster !== null)("with less than an administrator's rights", () => {
  const given = cluster as TestCluster;

  it("without port-forward nothing is observed, and what is missing is said", async () => {
    const { api } = given;
    const user = "observe-test";
    const binding: KubeObject = {
      apiVersion: roles,
      kind: "ClusterRoleBinding",
      metadata: { name: "kheadless-observe-test" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    };
    try {
      await api.delete(binding);
      await api.create(binding);
      const kubeconfig = await kubeconfigFor(given, user);
      await withNamespace(api, async (namespace) => {
        await web(api, namespace);
        await connected(kubeconfig, async (connection) => {
          const seen = judged(await observed(connection, namespace, "web"), namespace, "web");
          expect(seen.worth).toEqual([]);
          expect(seen.unchecked.get("dns-replicas-disagree")).toBe(
            "no permission to forward ports to Pods in kube-system (user observe-test): ask for get and create on pods/portforward there (docs/rbac.yaml)",
          );
          // Roles may not be read either, and two Ready replicas show that CoreDNS has its access.
          expect(seen.unchecked.has("cluster-dns-forbidden")).toBe(false);
        });
      });
    } finally {
      await api.delete(binding);
    }
  });
});
