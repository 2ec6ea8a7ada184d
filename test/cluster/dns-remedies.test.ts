import { describe, expect, it } from "vitest";
import { runRules } from "../../src/diagnosis/engine.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { RULES } from "../../src/rules/index.ts";
import { readCluster } from "../../src/sources/cluster/collect.ts";
import { connectCluster } from "../../src/sources/cluster/connection.ts";
import { observe } from "../../src/sources/cluster/observe.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { doctorQuestions, observationPlan } from "../../src/trace/questions.ts";
import { traceService } from "../../src/trace/trace.ts";
import {
  type Api,
  applyCorefile,
  defaultCorefile,
  type KubeObject,
  reference,
  restartClusterDns,
  scaleClusterDns,
  type TestCluster,
  withNamespace,
} from "./cluster.ts";
import { paste } from "./live/program.ts";
import { cluster } from "./test-cluster.ts";

const never = new AbortController().signal;
const rbac = "rbac.authorization.k8s.io/v1";
const kubeDns = reference("v1", "Service", "kube-dns", "kube-system");
const role = reference(rbac, "ClusterRole", "system:coredns");
const kubeletConfig = reference("v1", "ConfigMap", "kubelet-config", "kube-system");
const binding = reference(rbac, "ClusterRoleBinding", "system:coredns");

/** A way to break cluster DNS, and back to where it was, whatever a remedy made of it. */
interface Scenario {
  readonly breaks: string;
  readonly rule: string;
  /** Cluster DNS only takes a Corefile in when it is started anew. */
  readonly corefile?: string;
  /** What it makes is there already in clusters of kubeadm's. */
  readonly onlyHere?: true;
  readonly break?: (api: Api) => Promise<unknown>;
  readonly restore?: (api: Api, before: readonly KubeObject[]) => Promise<unknown>;
}

/** The rules whose remedies change the Service, and not what it may read. */
const SERVICE_RULES = ["cluster-dns-down", "cluster-dns-unreachable"];

const SCENARIOS: readonly Scenario[] = [
  {
    breaks: "its Service is deleted",
    rule: "cluster-dns-down",
    break: (api) => api.delete(kubeDns),
    restore: recreate,
  },
  {
    breaks: "it is scaled to zero",
    rule: "cluster-dns-down",
    break: async (api) => {
      await scaleClusterDns(api, 0);
      const pods = { apiVersion: "v1", kind: "Pod", namespace: "kube-system", labelSelector: "k8s-app=kube-dns" };
      await api.waitForAll(pods, (found) => found.length === 0);
    },
    restore: (api) => scaleClusterDns(api, 2),
  },
  {
    breaks: "its Service selects other Pods",
    rule: "cluster-dns-down",
    break: (api) => api.patch(kubeDns, { spec: { selector: { "k8s-app": null, app: "coredns" } } }),
    restore: recreate,
  },
  {
    breaks: "its role is not bound to it any more",
    rule: "cluster-dns-forbidden",
    break: (api) => api.delete(binding),
    restore: async (api, before) => {
      await recreate(api, before);
      await restartClusterDns(api);
    },
  },
  {
    breaks: "its role lacks EndpointSlices",
    rule: "cluster-dns-forbidden",
    break: async (api) => {
      const { rules } = await api.get(role);
      await api.patch(role, {
        rules: rules.filter(({ resources }: { resources: string[] }) => !resources.includes("endpointslices")),
      });
    },
    restore: async (api, before) => {
      await recreate(api, before);
      await restartClusterDns(api);
    },
  },
  {
    breaks: "the kubelets are told an address that no Service has",
    rule: "cluster-dns-unreachable",
    onlyHere: true,
    break: (api) => api.create({ ...kubeletConfig, data: { kubelet: "clusterDNS:\n- 10.96.0.53\n" } } as KubeObject),
    restore: async (api, before) => {
      await api.delete(kubeletConfig);
      await recreate(api, before);
    },
  },
  {
    breaks: "its Corefile serves other namespaces only",
    rule: "corefile-excludes-service",
    corefile: defaultCorefile.replace("pods insecure", "pods insecure\n       namespaces kube-system default"),
  },
  {
    breaks: "its Corefile does not read endpoints",
    rule: "corefile-excludes-service",
    corefile: defaultCorefile.replace("pods insecure", "pods insecure\n       noendpoints"),
  },
  {
    breaks: "its Corefile serves Services with a label only",
    rule: "corefile-excludes-service",
    corefile: defaultCorefile.replace("pods insecure", "pods insecure\n       labels dns in (yes)"),
  },
  {
    breaks: "its Corefile keeps the cluster's names in a cache",
    rule: "dns-cached",
    corefile: defaultCorefile.replace(/cache 30 \{[^}]*\}/, "cache 30"),
  },
];

async function recreate(api: Api, before: readonly KubeObject[]): Promise<void> {
  for (const { metadata, status: _status, ...object } of before) {
    const { resourceVersion: _version, uid: _uid, ...kept } = metadata;
    await api.delete({ ...object, metadata } as KubeObject);
    await api.create({ ...object, metadata: kept } as KubeObject);
  }
}

/** What doctor --observe says of cluster DNS and its answers for Service web; infos only where they are wanted. */
async function judged({ kubeconfig }: TestCluster, namespace: string, rule: string) {
  const connection = await connectCluster(
    { kubeconfig },
    { env: {}, cwd: "/", interactive: false, userAgent: "kheadless/test" },
  );
  try {
    const request = {
      resources: ["services", "endpointSlices", "pods"],
      clusterDns: true,
      clusterDomain: null,
    } as const;
    const read = () => readCluster(connection, { ...request, namespaces: [namespace] }, never);
    const plan = observationPlan((index, zone) => doctorQuestions(index, zone, [{ namespace, name: "web" }]));
    const seen = await observe(connection.forward, await read(), plan, read, never);
    const lookups = namespaceLookups(indexSnapshot(seen));
    const rules = RULES.filter(({ id, link }) => link === "cluster-dns" || link === "answer" || id === rule);
    return runRules(rules, traceService(lookups, { namespace, name: "web", asked: true }))
      .flatMap((outcome) => (outcome.status === "ran" ? outcome.findings : []))
      .filter((finding) => finding.severity !== "info" || finding.rule === rule);
  } finally {
    connection.close();
  }
}

describe.runIf(cluster !== null)("cluster DNS is mended by what is pasted where", () => {
  const given = cluster as TestCluster;

  for (const scenario of SCENARIOS) {
    it.skipIf(scenario.onlyHere && cluster?.how !== "one-machine")(scenario.breaks, async () => {
      const { api } = given;
      const before = await Promise.all([kubeDns, role, binding].map((one) => api.get(one)));
      await withNamespace(api, async (namespace) => {
        const selector = { app: "web" };
        const spec = {
          clusterIP: "None",
          selector,
          ports: [{ name: "http", port: 80 }],
          publishNotReadyAddresses: true,
        };
        await api.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace }, spec });
        try {
          if (scenario.corefile !== undefined) await applyCorefile(api, scenario.corefile);
          await scenario.break?.(api);
          const rulesOf = async () => (await judged(given, namespace, scenario.rule)).map(({ rule }) => rule);
          await expect.poll(rulesOf, { timeout: 20_000 }).toEqual([scenario.rule]);
          const [finding] = await judged(given, namespace, scenario.rule);
          expect(await paste(given.kubeconfig, finding?.remedy ?? "")).toEqual([]);
          await expect.poll(rulesOf, { timeout: 60_000 }).toEqual([]);
        } finally {
          await scenario.restore?.(
            api,
            before.filter(({ kind }) => SERVICE_RULES.includes(scenario.rule) === (kind === "Service")),
          );
          if (scenario.corefile !== undefined) await applyCorefile(api, defaultCorefile);
        }
      });
    });
  }
});
