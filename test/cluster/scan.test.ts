// scan on a real cluster: what doctor finds of each Service, and what is left where not everything may be read.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Pod } from "../../src/objects/pod.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import { kubeconfigFor, type TestCluster } from "./cluster.ts";
import { install, kheadless } from "./live/program.ts";
import { holdScansAlike, isStandIn, readBoth } from "./live/scans.ts";
import { hold, withSample } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

type Sample = Awaited<ReturnType<typeof hold<string>>>;

async function reportOf(kubeconfig: string, ...args: string[]): Promise<ReportDocument> {
  const { stdout, stderr } = await kheadless(kubeconfig, [...args, "-o", "json"]);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${args.join(" ")}: ${stdout}${stderr}`);
  }
}

/** A finding without what changes from one moment to the next. */
const told = ({ rule, severity, object, field }: ReportDocument["findings"][number]) => ({
  rule,
  severity,
  object,
  field,
});

describe.skipIf(cluster === null)("scan of a real cluster", () => {
  const { api, kubeconfig } = (cluster ?? {}) as TestCluster;
  let sample: Sample;

  beforeAll(async () => {
    await install();
    sample = await hold((work) => withSample(cluster as TestCluster, work));
  });
  afterAll(() => sample?.release());

  it("finds of each Service what doctor finds of it", async () => {
    const namespace = sample.value;
    const scan = await reportOf(kubeconfig, "scan", "-A");
    const services = scan.services.filter((service) => service.namespace === namespace);
    expect(services.map(({ name }) => name)).toEqual(["db", "gone", "manual", "slow", "typo"]);
    for (const { name, verdict, chain } of services) {
      const doctor = await reportOf(kubeconfig, "doctor", name, "-n", namespace);
      const own = scan.findings.filter((finding) => finding.services.includes(`${namespace}/${name}`));
      expect({ name, verdict, findings: own.map(told) }).toEqual({
        name,
        verdict: doctor.services[0]?.verdict,
        findings: doctor.findings.map(told),
      });
      const links = (of: typeof chain | undefined) => of?.map(({ link, status }) => ({ link, status }));
      expect(links(chain)).toEqual(links(doctor.services[0]?.chain));
    }
  });

  it("reads no Pod of which other objects tell all, once it has stayed as it is for a while", async () => {
    const { full, less } = await readBoth({ kubeconfig, namespace: sample.value });
    const podsOf = ({ lists }: Snapshot) =>
      lists.pods
        .flatMap(({ namespace, result }) =>
          namespace === sample.value && result.status === "complete" ? result.items : [],
        )
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    // One that is not Ready is read, and one that no Service selects.
    expect(podsOf(less).map((pod) => [pod.metadata.name.slice(0, 4), isStandIn(pod)])).toEqual([
      ["db-0", true],
      ["db-1", true],
      ["slow", false],
      ["web-", false],
    ]);
    const inShort = ({ spec, metadata, status }: Pod) => ({
      metadata,
      // "default" where the template leaves it open.
      spec: { ...spec, serviceAccountName: "" },
      podIPs: status?.podIPs,
    });
    expect(podsOf(less).map(inShort)).toEqual(podsOf(full).map(inShort));
    await holdScansAlike({ kubeconfig, namespace: sample.value });
  });

  it("counts endpoints, and writes each Service as it goes", async () => {
    const { stdout } = await kheadless(kubeconfig, ["scan", "-n", sample.value, "-o", "jsonl"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const counts = lines.flatMap(({ service }) => (service === undefined ? [] : [[service.name, service.endpoints]]));
    expect(counts).toEqual([
      ["db", { ready: 2, total: 2 }],
      ["gone", { ready: 0, total: 0 }],
      ["manual", { ready: 1, total: 1 }],
      ["slow", { ready: 0, total: 1 }],
      ["typo", { ready: 0, total: 0 }],
    ]);
    expect(lines.at(-1)).toMatchObject({ kind: "Summary", summary: { services: 5 } });
  });

  it("reads the namespaces that its user may read, and names the others", async () => {
    const namespace = sample.value;
    const user = `kheadless-scan-${randomBytes(3).toString("hex")}`;
    const rbac = "rbac.authorization.k8s.io";
    const metadata = { name: user };
    const view = { kind: "ClusterRole", name: "view", apiGroup: rbac };
    const subjects = [{ kind: "User", name: user, apiGroup: rbac }];
    const rules = [{ apiGroups: [""], resources: ["namespaces"], verbs: ["list"] }];
    const role = await api.create({ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata, rules });
    const own = { kind: "ClusterRole", name: user, apiGroup: rbac };
    const binding = { apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata, subjects, roleRef: own };
    await api.create(binding);
    try {
      const inside = { ...binding, kind: "RoleBinding", metadata: { name: user, namespace }, roleRef: view };
      await api.create(inside);
      const { services, notRead } = await reportOf(await kubeconfigFor(cluster as TestCluster, user), "scan", "-A");
      expect(services.filter((one) => one.namespace === namespace).map(({ name }) => name)).toEqual([
        "db",
        "gone",
        "manual",
        "slow",
        "typo",
      ]);
      const others = notRead.filter(({ resource }) => resource === "services").map((one) => one.namespace);
      expect(others).toContain("default");
      expect(others).not.toContain(namespace);
    } finally {
      await api.delete(binding);
      await api.delete(role);
    }
  });
});
