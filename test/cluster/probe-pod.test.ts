// kheadless probe on a real cluster: what it makes, where, what keeps it from that, and that nothing stays.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, kubeconfigFor, reference, type TestCluster, withNamespace } from "./cluster.ts";
import { idle, pod, podSpec } from "./live/objects.ts";
import { type Ended, install, kheadless, startKheadless } from "./live/program.ts";
import { cluster } from "./test-cluster.ts";

const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };
const NAME = "kubernetes.default.svc.cluster.local.";

const ours = (namespace: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  namespace,
  labelSelector: "kheadless.dev/probe-run",
});

describe.runIf(cluster !== null).concurrent("probe", () => {
  const given = cluster as TestCluster;
  const { api } = given ?? {};
  beforeAll(install);

  const probe = (namespace: string, args: readonly string[], kubeconfig = given.kubeconfig): Promise<Ended> =>
    kheadless(kubeconfig, ["probe", ...args, "-n", namespace]);
  const json = async (namespace: string, args: readonly string[]) => {
    const ended = await probe(namespace, [NAME, "-o", "json", ...args]);
    expect(ended.stderr).toBe("");
    return ended;
  };
  const nothingLeft = async (namespace: string): Promise<void> => {
    expect(await api.list(ours(namespace))).toEqual([]);
  };
  /** A client whose Pod is as restricted as the namespace wants it, and Running. */
  const client = async (namespace: string, labels: Record<string, string>): Promise<void> => {
    const secure = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const spec = podSpec(idle({ securityContext: secure }), {
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      dnsConfig: { options: [{ name: "ndots", value: "2" }] },
    });
    const made = await api.create({ ...pod("client", spec, labels), metadata: { name: "client", namespace, labels } });
    await api.wait(made, (found) => found?.status?.phase === "Running");
  };

  it("asks from a Pod that the level restricted takes, and removes it", () =>
    withNamespace(
      api,
      async (namespace) => {
        const ended = await json(namespace, []);
        expect(ended.code).toBe(0);
        expect(ended.stdout).toContain("10.96.0.1");
        await nothingLeft(namespace);
      },
      RESTRICTED,
    ));

  it("shows the Pod that the API server takes, and makes none", () =>
    withNamespace(
      api,
      async (namespace) => {
        const shown = await probe(namespace, [NAME, "--dry-run"]);
        expect(shown.code).toBe(0);
        const { parse } = await import("yaml");
        const made = await api.create(parse(shown.stdout) as KubeObject, { dryRun: true });
        expect(made.metadata.name).toMatch(/^kheadless-probe-/);
        expect(made.spec.containers[0].resources.limits).toEqual({ cpu: "500m", memory: "128Mi" });
        await nothingLeft(namespace);
      },
      RESTRICTED,
    ));

  it("asks from every ready node", () =>
    withNamespace(api, async (namespace) => {
      const nodes = (await api.list({ apiVersion: "v1", kind: "Node" })).map(({ metadata }) => metadata.name);
      const ended = await json(namespace, ["--every-node"]);
      for (const node of nodes) expect(ended.stdout).toContain(`"${node}"`);
      await nothingLeft(namespace);
    }));

  it("asks from within a client's Pod, with its resolv.conf, once that is agreed to", () =>
    withNamespace(
      api,
      async (namespace) => {
        await client(namespace, { app: "client" });
        const refused = await probe(namespace, [NAME, "--in", "pod/client"]);
        expect(refused).toMatchObject({ code: 2, stdout: "" });
        expect(refused.stderr).toMatch(/stays in its spec until the Pod is deleted: say --yes/);

        const asked = await json(namespace, ["--in", "pod/client", "--yes"]);
        expect(asked.code).toBe(0);
        expect(asked.stdout).toContain("ndots:2");
        const { spec } = await api.get(reference("v1", "Pod", "client", namespace));
        expect(spec.ephemeralContainers).toHaveLength(1);

        const executed = await json(namespace, ["--in", "client", "--exec"]);
        expect(executed.code).toBe(0);
        expect(executed.stdout).toContain("ndots:2");
        await nothingLeft(namespace);
      },
      RESTRICTED,
    ));

  it("lets resolve go by the resolv.conf that a client really has", () =>
    withNamespace(api, async (namespace) => {
      // Written anew by the container itself: no spec tells of it.
      const content = "nameserver 10.96.0.10\\nsearch default.svc.cluster.local\\n";
      const command = ["sh", "-c", `printf '${content}' >/etc/resolv.conf; touch /tmp/done; sleep 100000 & wait`];
      const ready = { exec: { command: ["test", "-e", "/tmp/done"] }, periodSeconds: 1 };
      const spec = podSpec(idle({ command, readinessProbe: ready }), { terminationGracePeriodSeconds: 0 });
      const made = pod("client", spec, { app: "client" });
      const created = await api.create({ ...made, metadata: { ...made.metadata, namespace } });
      await api.wait(created, (found) => found?.status?.containerStatuses?.[0]?.ready === true);
      const resolve = (...args: string[]) =>
        kheadless(given.kubeconfig, [
          "resolve",
          "kubernetes",
          "--from",
          "client",
          "-n",
          namespace,
          "-o",
          "name",
          ...args,
        ]);
      expect(await resolve()).toMatchObject({ code: 1, stdout: "" });
      expect(await resolve("--read-resolv-conf")).toEqual({
        code: 0,
        stdout: "kubernetes.default.svc.cluster.local\n",
        stderr: "",
      });
    }));

  it("takes those labels of a client that policies select on, and none that a Service or a controller does", () =>
    withNamespace(api, async (namespace) => {
      await client(namespace, { app: "client", role: "web", release: "one" });
      await api.create({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "web", namespace },
        spec: { podSelector: { matchLabels: { role: "web" } }, policyTypes: ["Ingress"] },
      });
      const shown = await probe(namespace, [NAME, "--like", "pod/client", "--dry-run"]);
      expect(shown.stdout).toContain("role: web");
      expect(shown.stdout).not.toContain("release");
      expect((await probe(namespace, [NAME, "--like", "pod/client"])).code).toBe(0);

      const service = { clusterIP: "None", selector: { role: "web" } };
      await api.create({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace }, spec: service });
      const refused = await probe(namespace, [NAME, "--like", "pod/client"]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`Service ${namespace}/web selects a Pod with the probe's labels (role=web)`);

      await api.create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "bare", namespace },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: "bare" } },
          template: { metadata: { labels: { app: "bare" } }, spec: podSpec() },
        },
      });
      const adopted = await probe(namespace, [NAME, "--labels", "app=bare"]);
      expect(adopted.code).toBe(2);
      expect(adopted.stderr).toContain(`ReplicaSet ${namespace}/bare would take a Pod`);
      await nothingLeft(namespace);
    }));

  const policy = (kind: string, name: string, namespace: string, spec: object): KubeObject => ({
    apiVersion: "v1",
    kind,
    metadata: { name, namespace },
    spec,
  });

  it("says in one line what keeps its Pod out, and leaves nothing", () =>
    withNamespace(
      api,
      async (namespace) => {
        const refusals: readonly (readonly [args: readonly string[], code: number, told: RegExp])[] = [
          [
            ["--override", '{"spec":{"hostNetwork":true}}'],
            3,
            /^error: Pod Security \(restricted:latest\) .* \(hostNetwork=true\)/,
          ],
          [
            ["--image", "registry.invalid/nothing:1"],
            3,
            /^error: the image registry\.invalid\/nothing:1 cannot be pulled: .*--image/,
          ],
          [["--image", "UPPER:1"], 3, /^error: the image UPPER:1 cannot be pulled: InvalidImageName/],
          [["--node-selector", "pool=none"], 3, /^error: no node takes the probe's Pod: 0\/\d+ nodes are available/],
          [["--node", "nobody"], 2, /^error: there is no node nobody/],
          [["--service-account", "nobody"], 3, /^error: there is no service account \S+\/nobody/],
          [
            ["--as", "nobody"],
            3,
            /^error: no permission to create pods, get pods, delete pods, get pods\/log in \S+ \(user nobody\) .*--observe/,
          ],
        ];
        await Promise.all(
          refusals.map(async ([args, code, told]) => {
            const ended = await probe(namespace, [NAME, ...args]);
            expect({ ...ended, args }).toMatchObject({ code, stdout: "" });
            expect(ended.stderr).toMatch(told);
            expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
          }),
        );
        await nothingLeft(namespace);
      },
      RESTRICTED,
    ));

  it("says that an image cannot run it", () =>
    withNamespace(api, async (namespace) => {
      const override = {
        spec: {
          containers: [
            { name: "probe", image: "registry.k8s.io/e2e-test-images/agnhost:2.53", command: ["no-such-program"] },
          ],
        },
      };
      const ended = await probe(namespace, [NAME, "--override", JSON.stringify(override)]);
      expect(ended).toMatchObject({ code: 3, stdout: "" });
      expect(ended.stderr).toMatch(/^error: the image \S+ cannot run the probe: .*no-such-program/);
      await nothingLeft(namespace);
    }));

  it("tells of a quota and of limits", () =>
    withNamespace(api, async (namespace) => {
      const quota = await api.create(policy("ResourceQuota", "none", namespace, { hard: { pods: "0" } }));
      await api.wait(quota, (found) => found?.status?.hard !== undefined);
      const full = await probe(namespace, [NAME]);
      expect(full).toMatchObject({ code: 3, stdout: "" });
      expect(full.stderr).toMatch(
        /^error: the quota of namespace \S+ has no room for the probe's Pod: none, requested: pods=1/,
      );
      await api.delete(quota);

      const limits = { limits: [{ type: "Container", max: { memory: "50Mi" } }] };
      const range = await api.create(policy("LimitRange", "small", namespace, limits));
      const large = await probe(namespace, [NAME]);
      expect(large).toMatchObject({ code: 3, stdout: "" });
      expect(large.stderr).toMatch(
        /^error: a LimitRange of namespace \S+ forbids the probe's Pod: maximum memory usage per Container is 50Mi/,
      );
      await api.delete(range);
      await nothingLeft(namespace);
    }));

  it("tells of an admission policy that denies it", () =>
    withNamespace(api, async (namespace) => {
      const name = namespace;
      const admission = "admissionregistration.k8s.io/v1";
      const made: KubeObject[] = [
        {
          apiVersion: admission,
          kind: "ValidatingAdmissionPolicy",
          metadata: { name },
          spec: {
            failurePolicy: "Fail",
            matchConstraints: {
              resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
            },
            validations: [{ expression: "false", message: "no Pods today" }],
          },
        },
        {
          apiVersion: admission,
          kind: "ValidatingAdmissionPolicyBinding",
          metadata: { name },
          spec: {
            policyName: name,
            validationActions: ["Deny"],
            matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
          },
        },
      ];
      try {
        for (const object of made) await api.create(object);
        // The API server follows with a delay of its own.
        let ended = await probe(namespace, [NAME]);
        for (let tries = 0; ended.code === 0 && tries < 20; tries++) {
          await sleep(500);
          ended = await probe(namespace, [NAME]);
        }
        expect(ended).toMatchObject({ code: 3, stdout: "" });
        expect(ended.stderr).toMatch(/^error: ValidatingAdmissionPolicy '\S+' denies the probe's Pod: no Pods today/);
        await nothingLeft(namespace);
      } finally {
        for (const object of made) await api.delete(object);
      }
    }));

  it("tells of a namespace that is being deleted", () =>
    withNamespace(api, async (namespace) => {
      // A Pod with a finalizer keeps the namespace from going away.
      await api.create({ ...pod("stays"), metadata: { name: "stays", namespace, finalizers: ["kheadless.dev/test"] } });
      const whole = reference("v1", "Namespace", namespace);
      await api.delete(whole);
      await api.wait(whole, (found) => found?.status?.phase === "Terminating");
      const ended = await probe(namespace, [NAME]);
      expect(ended).toMatchObject({ code: 3, stdout: "" });
      expect(ended.stderr).toMatch(/^error: namespace \S+ is being deleted/);
      await nothingLeft(namespace);
    }));

  /** A probe whose Pod waits for a node that never comes: time to do something to it. */
  const waitingProbe = async (namespace: string) => {
    const args = ["probe", NAME, "-n", namespace, "--node-selector", "pool=none", "--timeout", "60s"];
    const { ended, child } = startKheadless(given.kubeconfig, args);
    const [found] = await api.waitForAll(ours(namespace), (pods) => pods.length === 1);
    return { ended, child, found: found as KubeObject };
  };

  it("says that its Pod was taken away", () =>
    withNamespace(api, async (namespace) => {
      const { ended, found } = await waitingProbe(namespace);
      await api.delete(found, { now: true });
      expect(await ended).toMatchObject({
        code: 3,
        stdout: "",
        stderr: expect.stringMatching(/ was taken away before it was done/),
      });
      await nothingLeft(namespace);
    }));

  it("says that its Pod was evicted", () =>
    withNamespace(api, async (namespace) => {
      const { ended, found } = await waitingProbe(namespace);
      const status = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
      await api.patchStatus(found, { status });
      const { code, stderr } = await ended;
      expect(code).toBe(3);
      expect(stderr).toMatch(/was taken away before it was done: Evicted: The node was low on resource: memory\./);
      await nothingLeft(namespace);
    }));

  it("cleans up for its own user only", () =>
    withNamespace(api, async (namespace) => {
      const rules = [{ apiGroups: [""], resources: ["pods", "pods/log", "services", "events"], verbs: ["*"] }];
      const rbac = "rbac.authorization.k8s.io/v1";
      await api.create({ apiVersion: rbac, kind: "Role", metadata: { name: "pods", namespace }, rules });
      await api.create({
        apiVersion: rbac,
        kind: "RoleBinding",
        metadata: { name: "pods", namespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods" },
        subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
      });
      const jane = await kubeconfigFor(given, "jane");
      const mine = await waitingProbe(namespace);
      mine.child.kill("SIGKILL");
      await mine.ended;

      const hers = await probe(namespace, ["--clean"], jane);
      expect(hers).toMatchObject({ code: 0, stdout: "" });
      expect(hers.stderr).toContain("No Pods of your earlier probes");
      expect(await api.list(ours(namespace))).toHaveLength(1);

      const own = await probe(namespace, ["--clean"]);
      expect(own).toMatchObject({ code: 0, stdout: `pod/${mine.found.metadata.name} removed from ${namespace}\n` });
      await nothingLeft(namespace);
    }));
});
