// What the rules take the API server to reject, warn of and fill in, held to what a real one does: nothing is stored
// (dryRun=All) but the few Services that updates need.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitSlice } from "../../src/kubernetes/endpoint-slice-admission.ts";
import { isDns1123Label } from "../../src/kubernetes/names.ts";
import { admitService, updateClusterIp } from "../../src/kubernetes/service-defaults.ts";
import { formatPath } from "../../src/objects/origin.ts";
import type { IPFamily, Service } from "../../src/objects/service.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { snapshotOfManifests } from "../../src/sources/manifests.ts";
import { type KubeObject, type TestCluster, withNamespace } from "./cluster.ts";
import { dryRun, serviceNetwork, serviceOf, servicesPath, type Verdict } from "./derived/dry-run.ts";
import { type ServiceManifest, serviceManifests } from "./derived/services.ts";
import { cluster } from "./test-cluster.ts";

/** A seed of each day: every run is repeatable, and in time many manifests are seen. */
const SEED = Number(process.env.KHEADLESS_ORACLE_SEED ?? Math.floor(Date.now() / 86_400_000));
const MANIFESTS = 600;

describe.runIf(cluster !== null)("a Service manifest", () => {
  it("is rejected, warned of and completed as predicted", async () => {
    const { api } = cluster as TestCluster;
    await withNamespace(api, async (namespace) => {
      const { families, free } = await serviceNetwork(api, namespace);
      const manifests = fc.sample(serviceManifests({ free }), { seed: SEED, numRuns: MANIFESTS });
      const outcomes = new Map<string, number>();
      const mismatches = await Promise.all(
        manifests.map(async (manifest) => {
          const real = await dryRun(api, "POST", servicesPath(namespace), manifest);
          const outcome =
            real.stored === null ? "rejected" : (real.stored.spec.clusterIP ?? "") === "None" ? "headless" : "other";
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          if (real.warnings.length > 0) outcomes.set("warned", (outcomes.get("warned") ?? 0) + 1);
          const found = differences(real, manifest, families);
          return found.length === 0 ? [] : [`${JSON.stringify(manifest)}: ${found.join("; ")} (${real.message})`];
        }),
      );
      expect(mismatches.flat().slice(0, 10)).toEqual([]);
      // Manifests that are all rejected, or all taken, would prove little.
      for (const outcome of ["rejected", "headless", "other"]) expect(outcomes.get(outcome)).toBeGreaterThan(50);
      expect(outcomes.get("warned")).toBeGreaterThan(10);
    });
  });

  it("changes the cluster IP of a Service that is there as predicted", async () => {
    const { api } = cluster as TestCluster;
    await withNamespace(api, async (namespace) => {
      const { free } = await serviceNetwork(api, namespace);
      const ports = [{ port: 80 }];
      const shapes: Readonly<Record<string, object>> = {
        none: { ports },
        empty: { clusterIP: "", ports },
        headless: { clusterIP: "None", ports },
        selecting: { clusterIP: "None", clusterIPs: ["None"], selector: { app: "web" }, ports },
        address: { clusterIP: free[0], ports },
        external: { type: "ExternalName", externalName: "db.example.com" },
        balancing: { type: "LoadBalancer", ports },
      };
      const mismatches = await Promise.all(
        Object.entries(shapes).map(async ([from, before], at) => {
          const name = `web-${at}`;
          // The one address that is asked for can only be given once.
          const created = from === "address" ? shapes.none : before;
          const stored = await api.create({ ...serviceOf(created ?? {}, name), metadata: { name, namespace } });
          const found: string[] = [];
          for (const [to, after] of Object.entries(shapes)) {
            const real = await dryRun(api, "PUT", `${servicesPath(namespace)}/${name}`, serviceOf(after, name));
            const ours = updateClusterIp(read(stored, namespace), read(serviceOf(after, name), namespace));
            const rejected = ours.rejected === null ? [] : [formatPath(ours.rejected.field)];
            const [left, right] = [real.rejectedFor.map(plainField), rejected];
            if (left.join() !== right.join()) found.push(`${from} -> ${to}: real ${left}, predicted ${right}`);
            if (real.stored === null) continue;
            const given = real.stored.spec.clusterIP ?? "";
            // "" is predicted where one will be given out, which an ExternalName has none of.
            const same = ours.clusterIp === "" ? given !== "None" : given === ours.clusterIp;
            if (!same) found.push(`${from} -> ${to}: real ${given}, predicted ${ours.clusterIp}`);
          }
          return found;
        }),
      );
      expect(mismatches.flat()).toEqual([]);
    });
  });
});

describe.runIf(cluster !== null)("a name below a Service", () => {
  const container = { name: "main", image: "none" };
  const labels = { app: "web" };
  const set = (serviceName: string | undefined): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "web" },
    spec: {
      serviceName,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
  const pod = (spec: object): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web" },
    spec: { ...spec, containers: [container] },
  });
  const names = ["web", "", "0", "Web", "web_1", "my.web", "-web", "web-", "a".repeat(63), "a".repeat(64)];

  it("can be what the names of the API allow", async () => {
    const { api } = cluster as TestCluster;
    await withNamespace(api, async (namespace) => {
      const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
      const pods = `/api/v1/namespaces/${namespace}/pods`;
      const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
      const deployment = (spec: object): KubeObject => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod(spec).spec } },
      });
      const fields = [
        { field: "spec.serviceName", path: sets, objectOf: set },
        { field: "spec.subdomain", path: pods, objectOf: (subdomain: string) => pod({ subdomain }) },
        { field: "spec.hostname", path: pods, objectOf: (hostname: string) => pod({ hostname }) },
        {
          field: "spec.template.spec.subdomain",
          path: deployments,
          objectOf: (subdomain: string) => deployment({ subdomain }),
        },
        {
          field: "spec.template.spec.hostname",
          path: deployments,
          objectOf: (hostname: string) => deployment({ hostname }),
        },
      ];
      for (const { field, path, objectOf } of fields) {
        for (const name of names) {
          const { rejectedFor } = await dryRun(api, "POST", path, objectOf(name));
          expect([name, rejectedFor]).toEqual([name, name === "" || isDns1123Label(name) ? [] : [field]]);
        }
      }
    });
  });

  it("is not changed in a StatefulSet that is there", async () => {
    const { api } = cluster as TestCluster;
    await withNamespace(api, async (namespace) => {
      const stored = set("web");
      stored.metadata.namespace = namespace;
      stored.spec.replicas = 0;
      await api.create(stored);
      const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/web`;
      for (const serviceName of ["web-0", "", undefined]) {
        const { rejectedFor } = await dryRun(api, "PUT", path, set(serviceName));
        expect(rejectedFor).toEqual(["spec"]);
      }
      expect((await dryRun(api, "PUT", path, set("web"))).stored).not.toBeNull();
    });
  });
});

describe.runIf(cluster !== null)("an EndpointSlice manifest", () => {
  const address = fc.constantFrom(
    ...["192.0.2.1", "010.000.002.001", "127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.5", "224.0.1.5", "10.0.0"],
    ...["fd00::1", "FD00::1", "fd00:0::1", "::1", "::", "fe80::1", "ff02::1", "ff05::1", "::ffff:192.0.2.1"],
    ...["db.example.com", "db.example.com.", "db", "DB.example.com", "a_b.example.com", ""],
  );
  const name = fc.constantFrom("sql", "my_sql", "", "SQL", "a.b", "0", "a".repeat(64));
  const slices = fc.record({
    apiVersion: fc.constant("discovery.k8s.io/v1"),
    kind: fc.constant("EndpointSlice"),
    metadata: fc.constant({ name: "web-1", labels: { "kubernetes.io/service-name": "web" } }),
    addressType: fc.constantFrom("IPv4", "IPv6", "FQDN"),
    ports: fc.array(fc.record({ name, port: fc.constantFrom(80, 5432) }), { maxLength: 2 }),
    endpoints: fc.array(
      fc.record(
        {
          addresses: fc.array(address, { maxLength: 2 }),
          hostname: fc.oneof({ weight: 3, arbitrary: fc.constant("a") }, name),
        },
        { requiredKeys: ["addresses"] },
      ),
      { maxLength: 2 },
    ),
  });

  it("is rejected as predicted", async () => {
    const { api } = cluster as TestCluster;
    await withNamespace(api, async (namespace) => {
      const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
      let taken = 0;
      const mismatches = await Promise.all(
        fc.sample(slices, { seed: SEED, numRuns: 400 }).map(async (manifest) => {
          const real = await dryRun(api, "POST", path, manifest);
          if (real.stored !== null) taken += 1;
          const [slice] = indexSnapshot(snapshotOf(manifest, namespace)).all("endpointSlices");
          if (slice === undefined) return [`not read: ${JSON.stringify(manifest)}`];
          const { rejected, irregular } = admitSlice(slice);
          const ours = fieldsOf([...rejected, ...irregular].map(({ field }) => formatPath(field)));
          const theirs = fieldsOf(real.rejectedFor);
          return ours === theirs ? [] : [`${JSON.stringify(manifest)}: real ${theirs}, predicted ${ours}`];
        }),
      );
      expect(mismatches.flat().slice(0, 10)).toEqual([]);
      expect(taken).toBeGreaterThan(20);
    });
  });
});

/** Fields of a slice as one text; the server names an address's list where the address is of the other family. */
function fieldsOf(fields: readonly string[]): string {
  return [...new Set(fields.map((field) => field.replace(/addresses\[\d+\]$/, "addresses")))].sort().join(", ");
}

function snapshotOf(manifest: object, namespace: string): Snapshot {
  const text = { file: "service.yaml", text: JSON.stringify(manifest), found: false, damaged: false };
  return snapshotOfManifests([text], { defaultNamespace: namespace, clusterDomain: null, description: "a test" });
}

function read(manifest: object, namespace: string): Service {
  const [service] = indexSnapshot(snapshotOf(manifest, namespace)).all("services");
  if (service === undefined) throw new Error(`not read: ${JSON.stringify(manifest)}`);
  return service;
}

/** Every difference between what the API server said of a manifest and what was predicted. */
function differences(real: Verdict, manifest: ServiceManifest, families: readonly IPFamily[]): readonly string[] {
  const snapshot = snapshotOf(manifest, "default");
  const [service] = indexSnapshot(snapshot).all("services");
  if (service === undefined) {
    // It breaks the API's types, so that nothing more is made of it.
    const fields = snapshot.invalid.map(({ field }) => formatPath(field ?? []));
    if (real.stored !== null) return [`taken, predicted to be rejected for ${fields}`];
    const known = real.rejectedFor.map(plainField);
    return known.every(isEarly) ||
      fields.some((field) => known.includes(plainField(field)) || known.includes(field.replace(/\[\d+\]$/, "")))
      ? []
      : [`rejected for ${known}, predicted ${fields}`];
  }
  const ours = admitService(service, families);
  const rejected = ours.rejected.map(({ field }) => formatPath(field));
  if (real.stored === null) return rejectionDifferences(real.rejectedFor, rejected);
  if (rejected.length > 0) return [`taken, predicted to be rejected for ${rejected}`];

  const found: string[] = [];
  const differ = (what: string, got: unknown, wanted: unknown): void => {
    const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (left !== right) found.push(`${what}: real ${left}, predicted ${right}`);
  };
  const unknown = service.lookalikes.map(({ field }) => `unknown field "spec.${field}"`);
  const warned = ours.warnings.map(({ field }) => plainField(formatPath(field)));
  // A range of addresses may be warned of twice.
  differ("warnings", [...new Set(real.warnings.map(warnedOf))].sort(), [...new Set([...warned, ...unknown])].sort());
  const { type, clusterIP = "", ipFamilyPolicy = null, ipFamilies = [] } = real.stored.spec;
  differ("headless", type !== "ExternalName" && clusterIP === "None", ours.headless);
  differ("allocated", clusterIP !== "" && clusterIP !== "None" && !manifest.spec.clusterIP, ours.allocatesClusterIp);
  differ("ipFamilyPolicy", ipFamilyPolicy, ours.ipFamilyPolicy);
  differ("ipFamilies", ipFamilies, ours.ipFamilies);
  return found;
}

/**
 * The API server goes field by field in three steps, and tells only what the first step that fails finds: the families
 * and addresses by themselves, then the addresses' allocation, then everything. The prediction tells it all at once.
 */
function rejectionDifferences(real: readonly string[], ours: readonly string[]): readonly string[] {
  const told = new Set(real.map(plainField));
  const predicted = new Set(ours.map(plainField));
  const onlyEarly = [...told].every(isEarly);
  const missing = [...told].filter((field) => !predicted.has(field) && !isConsequence(field, predicted));
  const wrong = [...predicted].filter(
    (field) => !told.has(field) && (onlyEarly ? field.startsWith("spec.ipFamil") : true),
  );
  return [
    ...(missing.length > 0 ? [`rejected for ${missing} too, predicted ${ours}`] : []),
    ...(wrong.length > 0 ? [`predicted to be rejected for ${wrong} too, rejected for ${real}`] : []),
  ];
}

/** Fields that are looked at first, and alone. */
function isEarly(field: string): boolean {
  return /^spec\.(clusterIP|ipFamil)/.test(field);
}

/** Two ports with the same number are given the same node port, which is told as well. */
function isConsequence(field: string, predicted: ReadonlySet<string>): boolean {
  return field.endsWith(".nodePort") && predicted.has(field.replace(/\.nodePort$/, ""));
}

/** We name the very key of a selector, and the field that stands in the manifest; the server spells some with a capital. */
function plainField(field: string): string {
  return field
    .replace(/^spec\.[A-Z]/, (start) => start.toLowerCase())
    .replace(/^spec\.selector\b.*/, "spec.selector")
    .replace(/^spec\.clusterIPs?(\[0\])?$/, "spec.clusterIP");
}

/** The field that a warning begins with; of one about an unknown field, all of it. */
function warnedOf(warning: string): string {
  return warning.startsWith("unknown field") ? warning : plainField(warning.split(/:? /)[0] ?? "");
}
