import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Collected, present } from "../../../src/objects/collected.ts";
import type { KubernetesObject } from "../../../src/objects/meta.ts";
import type { Listed, Resource, Snapshot } from "../../../src/objects/snapshot.ts";
import { snapshotOfManifests } from "../../../src/sources/manifests.ts";
import { arbitraryObject } from "../../objects/arbitrary.ts";

const OPTIONS = { defaultNamespace: "shop", clusterDomain: null, description: "a.yaml" };

function snapshotOf(text: string, found = false): Snapshot {
  return snapshotOfManifests([{ file: "a.yaml", text, found, damaged: false }], OPTIONS);
}

/** `status: because` of a list, and how many items it has. */
function list(snapshot: Snapshot, resource: Resource): readonly [string, number] {
  const [listed] = snapshot.lists[resource];
  if (listed === undefined) throw new Error(`no list of ${resource}`);
  const result: Collected<KubernetesObject> = listed.result;
  const because = result.status === "complete" ? "" : `: ${result.because}`;
  return [`${result.status}${because}`, present(result).length];
}

function names(snapshot: Snapshot, resource: Resource): readonly string[] {
  const lists: readonly Listed<KubernetesObject>[] = snapshot.lists[resource];
  return lists.flatMap(({ result }) => present(result).map(({ metadata }) => metadata.name));
}

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: mysql}\n";
const STATEFUL_SET =
  "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: mysql}\nspec: {replicas: 3, serviceName: mysql, template: {}}\n";

describe("an absence counts within the input", () => {
  test("of a Service alone nothing is known of Pods", () => {
    const snapshot = snapshotOf(SERVICE);
    expect(list(snapshot, "services")).toEqual(["complete", 1]);
    expect(list(snapshot, "workloads")).toEqual(["unavailable: the input holds no workload and no Pod", 0]);
    expect(list(snapshot, "pods")).toEqual(["unavailable: the input holds no workload and no Pod", 0]);
    expect(list(snapshot, "endpointSlices")).toEqual(["complete", 0]);
    expect(list(snapshot, "endpoints")).toEqual(["complete", 0]);
    expect(snapshot.lists.pods[0]?.result).toMatchObject({ byNature: true });
  });

  test("of a workload alone nothing is known of Services", () => {
    const snapshot = snapshotOf(STATEFUL_SET);
    expect(list(snapshot, "services")).toEqual(["unavailable: the input holds no Service", 0]);
    expect(list(snapshot, "workloads")).toEqual(["complete", 1]);
    expect(list(snapshot, "pods")).toEqual(["complete", 3]);
    expect(list(snapshot, "endpointSlices")).toEqual([
      "unavailable: the input holds no Service and no EndpointSlice",
      0,
    ]);
  });

  test("what only a cluster has is not held, or only in part", () => {
    const snapshot = snapshotOf(`${SERVICE}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`);
    expect(list(snapshot, "namespaces")).toEqual(["partial: manifests hold none of a cluster's own", 1]);
    expect(list(snapshot, "nodes")).toEqual(["unavailable: the input holds no Node", 0]);
    expect(list(snapshot, "events")).toEqual(["unavailable: the input holds no Event", 0]);
  });

  test("what could not be read may have been what is missing", () => {
    const snapshot = snapshotOf(`${SERVICE}---\nkind: StatefulSet\nspec: [\n---\n${STATEFUL_SET}`);
    expect(list(snapshot, "services")).toEqual(["complete", 1]);
    expect(list(snapshot, "workloads")).toEqual(["partial: a.yaml:6 could not be read", 1]);
    expect(list(snapshot, "pods")).toEqual(["partial: a.yaml:6 could not be read", 3]);
  });

  test("a document that tells no kind may have been anything on a name's path", () => {
    const snapshot = snapshotOf(`${SERVICE}---\n[\n`);
    expect(list(snapshot, "services")).toEqual(["partial: a.yaml:5 could not be read", 1]);
    expect(list(snapshot, "pods")).toEqual(["partial: a.yaml:5 could not be read", 0]);
    expect(list(snapshot, "nodes")).toEqual(["unavailable: the input holds no Node", 0]);
  });

  test("a document of a kind that is not read leaves the others complete", () => {
    const snapshot = snapshotOf(`${SERVICE}---\nkind: ClusterRole\nrules: [\n`);
    expect(list(snapshot, "services")).toEqual(["complete", 1]);
    expect(snapshot.invalid).toHaveLength(1);
  });
});

describe("custom resources", () => {
  test("alone, or beside nothing that has a headless name, are told to be unread", () => {
    const kafka = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: events}\n";
    const monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: events}\n";
    expect(snapshotOf(kafka).notices).toEqual([
      "Kafka events (kafka.strimzi.io/v1, a.yaml:1) is not read: an operator may make Pods and Services of it",
    ]);
    expect(snapshotOf(`${SERVICE}---\n${kafka}---\n${kafka}---\n${monitor}`).notices).toEqual([
      expect.stringMatching(
        / and 1 other custom resource are not read: an operator may make Pods and Services of them$/,
      ),
    ]);
    expect(snapshotOf(monitor).notices).toBeUndefined();
    expect(snapshotOf(`${STATEFUL_SET}---\n${kafka}`).notices).toBeUndefined();
  });

  const custom = (apiVersion: string, kind: string) =>
    snapshotOf(`${SERVICE}---\n${STATEFUL_SET}---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}\n`);

  test.each([
    ["kafka.strimzi.io/v1beta2", "Kafka"],
    ["monitoring.coreos.com/v1", "Prometheus"],
    ["argoproj.io/v1alpha1", "Rollout"],
    ["serving.knative.dev/v1", "Service"],
    ["helm.cattle.io/v1", "HelmChart"],
    ["jobset.x-k8s.io/v1alpha2", "JobSet"],
  ])("%s %s may make Pods and Services", (apiVersion, kind) => {
    const because = `partial: ${kind} x (${apiVersion}, a.yaml:10) may make Pods and Services`;
    const snapshot = custom(apiVersion, kind);
    expect(list(snapshot, "services")).toEqual([because, 1]);
    expect(list(snapshot, "workloads")).toEqual([because, 1]);
    expect(list(snapshot, "pods")).toEqual([because, 3]);
    expect(list(snapshot, "endpointSlices")).toEqual(["complete", 0]);
  });

  test.each([
    ["monitoring.coreos.com/v1", "ServiceMonitor"],
    ["operator.victoriametrics.com/v1beta1", "VMPodScrape"],
    ["cert-manager.io/v1", "Certificate"],
    ["gateway.networking.k8s.io/v1", "HTTPRoute"],
    ["networking.istio.io/v1", "VirtualService"],
    ["external-secrets.io/v1", "ExternalSecret"],
    ["keda.sh/v1alpha1", "ScaledObject"],
    ["kind.x-k8s.io/v1alpha4", "Cluster"],
    ["policy/v1", "PodDisruptionBudget"],
    ["rbac.authorization.k8s.io/v1", "Role"],
    ["v1", "Secret"],
  ])("%s %s makes none", (apiVersion, kind) => {
    const snapshot = custom(apiVersion, kind);
    expect(list(snapshot, "services")).toEqual(["complete", 1]);
    expect(list(snapshot, "pods")).toEqual(["complete", 3]);
  });
});

describe("derived Pods", () => {
  test("carry the place of their workload", () => {
    const snapshot = snapshotOf(`${SERVICE}---\n${STATEFUL_SET}`);
    expect(names(snapshot, "pods")).toEqual(["mysql-0", "mysql-1", "mysql-2"]);
    const pod = snapshot.lists.pods.flatMap(({ result }) => present(result))[0];
    expect(pod?.derivedFrom).toEqual({ apiVersion: "apps/v1", kind: "StatefulSet", namespace: "shop", name: "mysql" });
    expect(pod?.origin?.start).toEqual({ file: "a.yaml", line: 5, column: 1 });
  });

  test("are bounded for one workload, and the list is then partial", () => {
    const snapshot = snapshotOf(STATEFUL_SET.replace("replicas: 3", "replicas: 2000000000"));
    expect(list(snapshot, "pods")).toEqual([
      "partial: only the first 10000 Pods of StatefulSet mysql were derived",
      10_000,
    ]);
    expect(list(snapshot, "workloads")).toEqual(["complete", 1]);
  });

  test("are bounded for all together", () => {
    const many = Array.from({ length: 25 }, (_, n) =>
      STATEFUL_SET.replace("name: mysql", `name: s${n}`).replace("replicas: 3", "replicas: 9000"),
    );
    const [status, count] = list(snapshotOf(many.join("---\n")), "pods");
    expect(status).toMatch(/^partial: only the first 2000 Pods of StatefulSet s22/);
    expect(count).toBe(200_000);
  });
});

describe("the same object twice", () => {
  test("stands as the last one wrote it, as after kubectl apply", () => {
    const other = SERVICE.replace("}", ", labels: {second: x}}");
    const snapshot = snapshotOf(`${SERVICE}---\n${other}---\n${SERVICE.replace("}", ", namespace: db}")}`);
    const services = snapshot.lists.services.flatMap(({ result }) => present(result));
    expect(services.map(({ metadata }) => [metadata.namespace, metadata.labels])).toEqual([
      ["shop", { second: "x" }],
      ["db", {}],
    ]);
    expect(snapshot.notices).toEqual([
      "Service shop/mysql stands in a.yaml:1 and in a.yaml:5: the last one counts, as with kubectl apply",
    ]);
  });

  test("without a difference is nothing to tell", () => {
    expect(snapshotOf(`${SERVICE}---\n${SERVICE}`).notices).toBeUndefined();
  });

  test("beside a kustomization that changes it is told to be read through it", () => {
    const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n";
    expect(snapshotOf(`${SERVICE}---\n${kustomization}`).notices).toBeUndefined();
    expect(snapshotOf(`${SERVICE}---\n${kustomization}commonLabels: { app: web }\nnamePrefix: a-\n`).notices).toEqual([
      expect.stringMatching(
        /^a\.yaml changes the objects .* \(commonLabels, namePrefix\).*: -k \. reads what is applied$/,
      ),
    ]);
  });

  test("a kustomization alone is told, too: nothing that it names was read", () => {
    const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\n";
    expect(snapshotOf(kustomization).notices).toEqual([
      "a.yaml names resources, and none of them is read here: -k . reads what is applied",
    ]);
    const flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n";
    expect(snapshotOf(flux).notices?.join()).not.toContain("-k");
  });

  test("many times over is told in one line, and many objects in few", () => {
    const variant = (name: string, n: number): string =>
      SERVICE.replace("mysql", name).replace("}", `, labels: {n: a${n}}}`);
    const often = Array.from({ length: 30 }, (_, n) => variant("mysql", n));
    expect(snapshotOf(often.join("---\n")).notices).toEqual([
      expect.stringMatching(
        /^Service shop\/mysql stands in 30 places, from a\.yaml:1 to a\.yaml:\d+: the last one counts/,
      ),
    ]);
    const many = Array.from({ length: 60 }, (_, n) => variant(`mysql-${n % 30}`, n));
    expect(snapshotOf(many.join("---\n")).notices).toHaveLength(11);
    expect(snapshotOf(many.join("---\n")).notices?.at(-1)).toBe("and 20 more objects stand more than once");
  });

  test("is the same object in another version of its API", () => {
    const old = STATEFUL_SET.replace("apps/v1", "apps/v1beta1");
    expect(names(snapshotOf(`${old}---\n${STATEFUL_SET}`), "workloads")).toEqual(["mysql"]);
  });
});

test("any objects, in one stream or a List, in YAML or JSON, are read alike", () => {
  fc.assert(
    fc.property(fc.array(arbitraryObject, { maxLength: 4 }), (objects) => {
      const forms = [
        objects.map((one) => stringify(one, { version: "1.1", lineWidth: 0 })).join("---\n"),
        stringify({ apiVersion: "v1", kind: "List", items: objects }, { version: "1.1", lineWidth: 0 }),
        JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, "\t"),
        objects.map((one) => JSON.stringify(one)).join("\n"),
      ];
      const read = forms.map((text) => withoutPlaces(snapshotOf(text)));
      for (const one of read) expect(one).toEqual(read[0]);
      expect(read[0]?.invalid).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

/** Lists only, with no places, which differ between the forms. */
function withoutPlaces({ lists, invalid }: Snapshot): Pick<Snapshot, "invalid"> {
  const plain = JSON.stringify(lists, (key, value: unknown) => (key === "origin" ? undefined : value));
  return { ...(JSON.parse(plain) as object), invalid };
}
