// What a Pod inside a real cluster really gets, and what doctor makes of it.
import { readdirSync, readFileSync } from "node:fs";
import { kill } from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  defaultCorefile,
  type KubeObject,
  reference,
  runInNetwork,
  type TestCluster,
  withCorefile,
  withNamespace,
} from "./cluster.ts";
import { type DnsReplicas, dnsReplicas } from "./live/answers.ts";
import { headless, idle, NAME, PORT, pod, podSpec, READY_AT_ONCE, slice, statefulSet } from "./live/objects.ts";
import { type Diagnosis, doctor, install, kheadless, objectOf } from "./live/program.ts";
import { isReady, isRunning, upAndPublished, type World, worldIn } from "./live/world.ts";
import { cluster } from "./test-cluster.ts";

/** Listens on the port that it says. */
const serving = (fields: Readonly<Record<string, unknown>> = {}) =>
  idle({ command: ["sh", "-c", `exec busybox httpd -f -p ${PORT}`], readinessProbe: READY_AT_ONCE, ...fields });
const statusOf = ({ service }: Diagnosis, link: string) => service.chain.find((one) => one.link === link)?.status;
const found = ({ serious }: Diagnosis) => serious.map((one) => `${one.rule} ${one.severity} ${objectOf(one)}`);
const messages = ({ serious }: Diagnosis) =>
  serious.map(({ message, evidence }) => [message, ...evidence].join("\n  ")).join("\n");

describe.runIf(cluster !== null)("asked from inside", () => {
  const given = cluster as TestCluster;
  let replicas: DnsReplicas;
  beforeAll(async () => {
    await install();
    replicas = await dnsReplicas(given);
  });
  afterAll(() => replicas?.close());
  /** Waits until cluster DNS has heard of it all: who asks before fills its cache with what was. */
  const heard = (world: World) => replicas.confirm(world, `${NAME}.${world.namespace}.svc.cluster.local.`);
  const inWorld = (work: (world: World) => Promise<void>) =>
    withNamespace(given.api, (namespace) => work(worldIn(given, namespace)));
  const probing = (world: World, ...args: readonly string[]) =>
    doctor(given.kubeconfig, world.namespace, [NAME, "--probe", ...args]);

  it("a healthy StatefulSet is healthy to the last link", () =>
    inWorld(async (world) => {
      await world.create(headless(), statefulSet({ replicas: 2, pod: podSpec(serving()) }));
      await upAndPublished(2)(world);
      await heard(world);
      const seen = await probing(world);
      expect(found(seen)).toEqual([]);
      expect(seen.service.verdict).toBe("healthy");
      expect(seen.service.chain.slice(-3).map(({ link, status }) => `${link} ${status}`)).toEqual([
        "answer ok",
        "client ok",
        "connect ok",
      ]);
      expect(seen.code).toBe(0);

      const args = ["probe", "--service", NAME, "--connect", "-n", world.namespace];
      const json = await kheadless(given.kubeconfig, [...args, "--count", "3", "-o", "json"]);
      expect(json.stderr).toBe("");
      const { items, vantages } = JSON.parse(json.stdout);
      expect(items.map(({ resolves }: { resolves: boolean }) => resolves)).toEqual(items.map(() => true));
      const [vantage] = vantages;
      expect(vantage.resolvConf.search[0]).toBe(`${world.namespace}.svc.cluster.local`);
      expect(vantage.asksClusterDns).toBe(true);
      const ways = vantage.servers.map(
        ({ protocol, edns, lost, differing }: Record<string, unknown>) => `${protocol} ${edns} ${lost} ${differing}`,
      );
      // The name server of resolv.conf; the Service three ways; each replica over UDP and TCP.
      expect(ways).toHaveLength(1 + 3 + 2 * 2);
      expect(ways.filter((way: string) => !/ 0 0$/.test(way))).toEqual([]);
      expect(vantage.connects.map(({ status, sent }: Record<string, unknown>) => `${status} ${sent}`)).toEqual([
        "open 3",
        "open 3",
      ]);
      expect(json.code).toBe(0);
    }));

  it("Pods that are not Ready have no names, as predicted", () =>
    inWorld(async (world) => {
      const never = { exec: { command: ["false"] }, periodSeconds: 1 };
      const spec = { podManagementPolicy: "Parallel" };
      await world.create(
        headless(),
        statefulSet({ replicas: 2, spec, pod: podSpec(serving({ readinessProbe: never })) }),
      );
      await world.pods((pods) => pods.length === 2 && pods.every(isRunning));
      await world.slices((slices) => slices.flatMap(({ endpoints }) => endpoints ?? []).length === 2);
      await heard(world);
      const seen = await probing(world);
      expect(seen.service.chain.find(({ status }) => status === "broken")?.link).toBe("readiness");
      expect(found(seen)).toContain("pod-not-ready error StatefulSet/db");
      expect(found(seen).join()).not.toMatch(/answer-differs|dns-replicas-disagree|unreachable/);
      expect(statusOf(seen, "client")).toBe("ok");

      const told = await kheadless(given.kubeconfig, ["probe", "db-0.db", "-n", world.namespace]);
      expect(told.stdout).toMatch(/as predicted, 1 of 1 name does not resolve/);
      expect(told.stdout).toContain("NXDOMAIN");
      expect(told.code).toBe(1);
    }));

  it("a port that refuses is told with the Pod", () =>
    inWorld(async (world) => {
      await world.create(headless(), statefulSet({ pod: podSpec(idle({ readinessProbe: READY_AT_ONCE })) }));
      await upAndPublished(1)(world);
      await heard(world);
      const seen = await probing(world);
      expect(found(seen)).toEqual(["connection-refused error Pod/db-0"]);
      expect(statusOf(seen, "connect")).toBe("broken");
      expect(seen.code).toBe(1);
    }));

  it("a replica of cluster DNS that has stopped is told by name", () =>
    inWorld(async (world) => {
      await world.create(headless(), statefulSet({ pod: podSpec(serving()) }));
      await upAndPublished(1)(world);
      await heard(world);
      await withStoppedReplica(given, async (name) => {
        const seen = await probing(world);
        expect(found(seen)).toEqual([`dns-replicas-disagree error Pod/${name}`]);
        expect(seen.serious[0]?.message).toContain(name);
        expect(statusOf(seen, "answer")).toBe("broken");
      });
    }));

  it("a stale answer is told as one of a cache", async () => {
    // Kept for longer than the test takes.
    const cached = defaultCorefile.replace(/cache 30 \{[^}]*\}/, "cache 300").replace("ttl 30", "ttl 300");
    expect(cached).toContain("ttl 300");
    await withCorefile(
      given.api,
      cached,
      () =>
        inWorld(async (world) => {
          await world.create(headless(NAME, { selector: undefined, ipFamilyPolicy: "SingleStack" }));
          const before = await kheadless(given.kubeconfig, ["probe", "--service", NAME, "-n", world.namespace]);
          expect(before.stdout).toContain("NXDOMAIN");
          const manual = slice("db-manual", ["10.9.0.1"], { "kubernetes.io/service-name": NAME });
          await world.create({ ...manual, ports: [{ name: NAME, port: PORT, protocol: "UDP" }] });
          await heard(world);
          const seen = await probing(world);
          expect(new Set(found(seen))).toEqual(new Set(["dns-cached warning Service/db"]));
          expect(seen.serious[0]?.message).toMatch(/still answers NXDOMAIN .* behind the cache stands 10\.9\.0\.1/);
          expect(seen.service.verdict).toBe("degraded");
        }),
      "ended",
    );
  });

  it("an answer of 200 addresses is seen cut, and whole over TCP", () =>
    inWorld(async (world) => {
      await manyAddresses(world);
      await heard(world);
      const seen = await probing(world);
      expect(found(seen), messages(seen)).toEqual(["answer-too-large warning Service/db"]);
      const told = seen.serious[0]?.evidence.join("\n");
      expect(told).toMatch(
        /seen from \S+: UDP with EDNS \d\d of 200, cut; UDP without EDNS \d\d of 200, cut; TCP 200 of 200/,
      );
      expect(seen.service.verdict).toBe("degraded");
    }));

  describe.runIf(given?.how === "one-machine")("where packets are dropped on the way", () => {
    /** A client of its own, whose address is known. */
    const client = async (world: World): Promise<string> => {
      await world.create(pod("client", podSpec(), { app: "client" }));
      return (await world.pod("client", isReady)).status.podIP;
    };
    const asClient = ["--in", "pod/client", "--exec"];

    it("all of DNS: the client is told to be cut off", () =>
      inWorld(async (world) => {
        await world.create(headless(), statefulSet({ pod: podSpec(serving()) }));
        await upAndPublished(1)(world);
        await heard(world);
        const ip = await client(world);
        expect(found(await probing(world, ...asClient))).toEqual([]);
        await withDropped(ip, ["udp", "tcp"], async () => {
          const seen = await probing(world, ...asClient);
          expect(found(seen)).toEqual(["cluster-dns-unreachable error Service/kube-dns"]);
          expect(seen.serious[0]?.message).toContain("pod/client of namespace");
          expect(statusOf(seen, "client")).toBe("broken");
          expect(seen.code).toBe(1);
        });
      }));

    it("TCP only: an answer that is cut cannot be asked for again", () =>
      inWorld(async (world) => {
        await manyAddresses(world);
        await heard(world);
        const ip = await client(world);
        await withDropped(ip, ["tcp"], async () => {
          const seen = await probing(world, ...asClient);
          expect(found(seen)).toEqual([
            "answer-too-large error Service/db",
            "cluster-dns-unreachable warning Service/kube-dns",
          ]);
          expect(seen.serious[0]?.message).toContain("From inside, it came cut over UDP and not at all over TCP.");
        });
      }));
  });
});

/** A Service of 200 endpoints of no Pod; over UDP, so that no port is tried. */
async function manyAddresses(world: World): Promise<void> {
  await world.create(headless(NAME, { selector: undefined, ipFamilyPolicy: "SingleStack" }));
  const addresses = Array.from({ length: 200 }, (_, index) => `10.9.1.${index + 1}`);
  const manual = slice("db-many", [], { "kubernetes.io/service-name": NAME });
  const ports = [{ name: NAME, port: PORT, protocol: "UDP" }];
  await world.create({ ...manual, ports, endpoints: addresses.map((one) => ({ addresses: [one] })) });
}

/** Drops what comes from an address to port 53, in the cluster's network, while the work is done. */
async function withDropped(ip: string, protocols: readonly string[], work: () => Promise<void>): Promise<void> {
  const rule = (change: "-I" | "-D", protocol: string) =>
    runInNetwork(
      "iptables",
      "-t",
      "raw",
      change,
      "PREROUTING",
      "-s",
      ip,
      "-p",
      protocol,
      "--dport",
      "53",
      "-j",
      "DROP",
    );
  for (const protocol of protocols) await rule("-I", protocol);
  try {
    await work();
  } finally {
    for (const protocol of protocols) await rule("-D", protocol);
  }
}

/** One more replica, which no probe of the kubelet looks at, stopped as a process can be. */
async function withStoppedReplica({ api }: TestCluster, work: (name: string) => Promise<void>): Promise<void> {
  const selection = { apiVersion: "v1", kind: "Pod", namespace: "kube-system", labelSelector: "k8s-app=kube-dns" };
  const [like] = await api.list(selection);
  const [container] = like?.spec.containers ?? [];
  const { livenessProbe: _, readinessProbe: __, ...plain } = container;
  const mounts = container.volumeMounts.filter(({ name }: { name: string }) => name === "config-volume");
  const volumes = like?.spec.volumes.filter(({ name }: { name: string }) => name === "config-volume");
  const name = "coredns-stopped";
  const replica: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
    spec: {
      serviceAccountName: "coredns",
      dnsPolicy: "Default",
      containers: [{ ...plain, volumeMounts: mounts }],
      volumes,
    },
  };
  const ref = reference("v1", "Pod", name, "kube-system");
  let stopped: readonly number[] = [];
  try {
    await api.create(replica);
    const up = await api.wait(ref, (one) => one !== undefined && isReady(one));
    stopped = processesOf(up?.status.containerStatuses[0].containerID.replace("containerd://", ""));
    expect(stopped).not.toEqual([]);
    for (const pid of stopped) kill(pid, "SIGSTOP");
    await work(name);
  } finally {
    for (const pid of stopped) kill(pid, "SIGCONT");
    await api.delete(ref, { now: true });
    await api.wait(ref, (one) => one === undefined);
  }
}

/** The processes of a container, by the cgroup that is named after it. */
function processesOf(container: string): readonly number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(container) ? [Number(entry)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
