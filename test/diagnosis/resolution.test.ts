import { describe, expect, test } from "vitest";
import { resolveExitCode } from "../../src/cli/commands/resolve.ts";
import { namespacesOf, type Question } from "../../src/diagnosis/resolution/question.ts";
import { resolveName } from "../../src/diagnosis/resolution.ts";
import { complete, unavailable } from "../../src/objects/collected.ts";
import type { ClusterDnsFacts } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { type Case, snapshotOf } from "../rules/table.ts";
import { CLUSTER_DNS, MYSQL, mysqlPod, READY } from "./fixtures.ts";

const SLICE = `
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: mysql-x7k2p, labels: { kubernetes.io/service-name: mysql } }
addressType: IPv4
ports: [{ name: mysql, port: 3306, protocol: TCP }]
endpoints:
  - { addresses: [10.244.0.7], hostname: mysql-0, conditions: { ready: true }, targetRef: { kind: Pod, name: mysql-0 } }
`;
const NAMESPACES = `
---
{ apiVersion: v1, kind: Namespace, metadata: { name: default }, status: { phase: Active } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: kube-system }, status: { phase: Active } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: db }, status: { phase: Active } }
`;
const LIVE: Case = {
  name: "live",
  live: true,
  objects: MYSQL + mysqlPod(0, READY) + SLICE + CLUSTER_DNS + NAMESPACES,
};

function ask(name: string, given: Partial<Question> = {}, input: Partial<Case> = LIVE) {
  const index = indexSnapshot(snapshotOf({ ...LIVE, ...input }));
  const question = { name, types: [], namespace: "default", from: null, ...given };
  const result = resolveName(question, index, zoneOf(index));
  if (!result.ok) throw new Error(result.message);
  return result.document;
}

test("a cluster domain is no pattern, whatever stands in the Corefile", () => {
  const corefile = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: kube-system }
data: { Corefile: ".:53 {\\n kubernetes x[(.a\\n}\\n" }
`;
  const document = ask("mysql", {}, { objects: `${MYSQL}${corefile}` });
  expect(document.candidates.map(({ name }) => name)).toContain("mysql.default.svc.x[(.a.");
});

test("which family a manifest leaves to the cluster is told where an absence hangs on it", () => {
  const note =
    "The manifest of Service mysql has no ipFamilies: those of a cluster whose first family is IPv4 are taken.";
  const manifests = { live: false, objects: MYSQL };
  expect(ask("mysql", { types: ["AAAA"] }, manifests).notes).toContain(note);
  expect(ask("mysql", { types: ["A"] }, manifests).notes).not.toContain(note);
  const given = { live: false, objects: MYSQL.replace("  clusterIP: None", "  ipFamilies: [IPv4]\n  clusterIP: None") };
  expect(ask("mysql", { types: ["AAAA"] }, given).notes).not.toContain(note);
  expect(ask("mysql", { types: ["AAAA"] }).notes).not.toContain(note);
});

describe("a name that is there", () => {
  test("ends the search at the candidate that answers, with what made the record", () => {
    const document = ask("mysql-0.mysql");
    expect(document.resolves).toBe(true);
    expect(document.question).toEqual({
      name: "mysql-0.mysql",
      types: ["A", "AAAA"],
      namespace: "default",
      from: null,
    });
    expect(document.candidates.map(({ name, asked }) => [name, asked])).toEqual([
      ["mysql-0.mysql.default.svc.cluster.local.", true],
      ["mysql-0.mysql.svc.cluster.local.", false],
      ["mysql-0.mysql.cluster.local.", false],
      ["mysql-0.mysql.", false],
    ]);
    expect(document.candidates[0]?.predicted[0]).toMatchObject({
      type: "A",
      rcode: "NOERROR",
      answers: [
        {
          name: "mysql-0.mysql.default.svc.cluster.local.",
          type: "A",
          data: "10.244.0.7",
          pod: "mysql-0",
          object: "EndpointSlice default/mysql-x7k2p",
        },
      ],
    });
  });

  test("from another namespace its own is found at the second candidate", () => {
    const document = ask("mysql.default", { namespace: "db" });
    expect(document.candidates.map(({ asked }) => asked)).toEqual([true, true, false, false]);
    expect(document.resolves).toBe(true);
  });

  test.each([
    ["_mysql._tcp.mysql", ["SRV"]],
    ["10.244.0.7", ["PTR"]],
    ["7.0.244.10.in-addr.arpa.", ["PTR"]],
    ["mysql", ["A", "AAAA"]],
  ])("%s is asked for as %j", (name, types) => {
    expect(ask(name).question.types).toEqual(types);
    expect(ask(name).resolves).toBe(true);
  });

  test("an address is asked for by the one name that it has", () => {
    expect(ask("10.244.0.7").candidates).toMatchObject([
      { name: "7.0.244.10.in-addr.arpa.", because: "the name of the address" },
    ]);
  });

  test("an absolute name is asked for alone", () => {
    expect(ask("mysql.default.svc.cluster.local.").candidates).toHaveLength(1);
  });
});

describe("a name that is not there", () => {
  test("does not resolve, though its last candidate goes upstream", () => {
    const document = ask("mysql-7.mysql");
    expect(document.resolves).toBe(false);
    expect(document.candidates.map(({ predicted }) => predicted[0]?.rcode)).toEqual([
      "NXDOMAIN",
      "NXDOMAIN",
      "NXDOMAIN",
      null,
    ]);
    expect(document.candidates[0]?.predicted[0]?.reason).toContain("mysql-7");
  });

  test("a namespace's name is no top-level domain", () => {
    expect(ask("mysql.db").resolves).toBe(false);
  });

  test("of a name that upstream resolvers may know it cannot be told", () => {
    expect(ask("www.example.com").resolves).toBeNull();
    expect(ask("mysql.default.svc.cluster.local.example.com.").resolves).toBeNull();
  });
});

describe("what was not read", () => {
  test("a forbidden list makes it unknown, not missing", () => {
    const document = ask("mysql", {}, { unavailable: { endpointSlices: "no permission to list endpointslices" } });
    expect(document.resolves).toBeNull();
    expect(document.candidates[0]?.predicted[0]).toMatchObject({
      rcode: null,
      cause: "not-collected",
      reason: expect.stringContaining("no permission to list endpointslices"),
    });
  });

  test("manifests give Pods without addresses, and say nothing of other namespaces", () => {
    const manifests = { live: false, objects: MYSQL };
    expect(ask("mysql-2.mysql", {}, manifests).candidates[0]?.predicted[0]?.answers).toMatchObject([
      { data: null, pod: "mysql-2" },
    ]);
    expect(ask("mysql.default", { namespace: "shop" }, manifests).resolves).toBe(true);
    expect(ask("mysql-3.mysql", {}, manifests).resolves).toBe(false);
    // Of a namespace that the input holds nothing of nothing is known.
    expect(ask("mysql", { namespace: "elsewhere" }, manifests).resolves).toBeNull();
    expect(ask("mysql-0.mysql", { namespace: "elsewhere" }, manifests).resolves).toBeNull();
    expect(ask("mysqk.default", { namespace: "elsewhere" }, manifests).resolves).toBe(false);
    expect(ask("10.1.2.3", {}, manifests).resolves).toBeNull();
  });
});

describe("a client", () => {
  const client = (spec: string) => {
    const objects = `${LIVE.objects}
---
{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { ${spec}, containers: [{ name: a, image: b }] } }
`;
    const index = indexSnapshot(snapshotOf({ ...LIVE, objects }));
    const from = index.named("pods", "web")[0] ?? null;
    return ask("mysql", { from }, { objects });
  };

  test("is named, and its own search list is walked", () => {
    const document = client("dnsPolicy: None, dnsConfig: { nameservers: [10.96.0.10], searches: [svc.cluster.local] }");
    expect(document.question.from).toBe("pod/web");
    expect(document.candidates.map(({ name }) => name)).toEqual(["mysql.svc.cluster.local.", "mysql."]);
  });

  test("with hostNetwork asks the Node, which knows nothing of the cluster", () => {
    const document = client("hostNetwork: true");
    expect(document.resolves).toBeNull();
    expect(document.notes.join(" ")).toContain("ClusterFirstWithHostNet");
    expect(document.candidates[0]?.predicted[0]?.reason).toBe("the Pod asks the Node's resolvers, not cluster DNS");
  });
});

test("what is no name is refused with the reason", () => {
  const index = indexSnapshot(snapshotOf(LIVE));
  const question = { name: "a..b", types: [], namespace: "default", from: null };
  expect(resolveName(question, index, zoneOf(index))).toMatchObject({
    ok: false,
    message: expect.stringContaining("empty label"),
  });
});

test("where no server of cluster DNS is ready, no name resolves, whatever would be answered", () => {
  const silent = CLUSTER_DNS.replace('status: "True"', 'status: "False"');
  const down = { objects: MYSQL + mysqlPod(0, READY) + SLICE + silent + NAMESPACES };
  const document = ask("mysql-0.mysql", {}, down);
  expect(document.candidates[0]?.predicted[0]?.answers).toHaveLength(1);
  expect(document.resolves).toBe(false);
  expect(document.doubts).toEqual([
    "No server of cluster DNS is ready: whatever would be answered, every question ends in a timeout (doctor tells why).",
  ]);
  expect(resolveExitCode([document])).toBe(1);
  expect(ask("mysql-0.mysql", {}, { ...down, live: false }).doubts ?? []).not.toContain(document.doubts?.[0]);
  expect(ask("mysql-0.mysql").resolves).toBe(true);
});

test("what a client's own /etc/hosts gives for the name is told beside DNS's answer", () => {
  const aliases = "hostAliases: [{ ip: 192.0.2.9, hostnames: [mysql, other] }, { ip: 192.0.2.10, hostnames: [MySQL] }]";
  const input = { objects: (LIVE.objects as string).replace("nodeName: node-1", `nodeName: node-1\n  ${aliases}`) };
  const from = indexSnapshot(snapshotOf({ ...LIVE, ...input })).named("pods", "mysql-0")[0] ?? null;
  const told =
    "hostAliases of Pod mysql-0 give 192.0.2.9, 192.0.2.10 for mysql: what its libc looks up is answered by that, and only what asks DNS itself (dig, nslookup) gets the answer of DNS.";
  expect(ask("mysql", { from }, input)).toMatchObject({ resolves: true, doubts: expect.arrayContaining([told]) });
  // Only as it is written.
  expect(ask("mysql.default", { from }, input).notes.join()).not.toContain("hostAliases");
  expect(ask("mysql", {}, input).notes.join()).not.toContain("hostAliases");
});

test("the namespaces that an answer depends on are those of the candidates", () => {
  const index = indexSnapshot(snapshotOf(LIVE));
  const of = (name: string) => namespacesOf({ name, types: [], namespace: "default", from: null }, zoneOf(index));
  expect(of("mysql")).toEqual(["default"]);
  expect(of("mysql.db")).toEqual(["default", "db"]);
  expect(of("mysql-0.mysql.db.svc.cluster.local.")).toEqual(["db"]);
  expect(of("a..b")).toEqual([]);
});

describe("servers that were to be asked", () => {
  const observing = (observations: ClusterDnsFacts["observations"]) => {
    const snapshot = { ...snapshotOf(LIVE), clusterDns: { access: null, logs: null, observations } };
    const index = indexSnapshot(snapshot);
    const question = { name: "mysql-0.mysql", types: ["A"] as const, namespace: "default", from: null };
    const result = resolveName(question, index, zoneOf(index));
    if (!result.ok) throw new Error(result.message);
    return result.document;
  };

  test("and could not be are told of, and leave the answer unchecked", () => {
    const document = observing(unavailable("no permission to forward ports"));
    expect(document.resolves).toBe(true);
    expect(document.unchecked).toEqual([{ reason: "no permission to forward ports" }]);
    expect(document.notes[0]).toBe("Not every replica of cluster DNS was asked: no permission to forward ports.");
    expect(document.doubts).toEqual(["Not every replica of cluster DNS was asked: no permission to forward ports."]);
    expect(resolveExitCode([document])).toBe(3);
  });

  test("and did not answer, too", () => {
    const replica = { pod: { namespace: "kube-system", name: "coredns-1" }, ip: "10.244.0.2", ready: true };
    const document = observing(complete([{ ...replica, failure: "no connection within 15 s", answers: [] }]));
    expect(document.unchecked).toEqual([
      { reason: "coredns-1 (10.244.0.2) could not be asked for A: no connection within 15 s" },
    ]);
    expect(resolveExitCode([document])).toBe(3);
  });

  test("a name that does not resolve weighs more", () => {
    expect(resolveExitCode([{ resolves: true, unchecked: [{ reason: "x" }] }, { resolves: false }])).toBe(1);
  });

  test("where none was to be asked, nothing is missing", () => {
    const document = ask("mysql-0.mysql");
    expect(document).not.toHaveProperty("unchecked");
    expect(resolveExitCode([document])).toBe(0);
  });
});
