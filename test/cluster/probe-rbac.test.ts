// The part of docs/rbac.yaml that probe needs, held to a real API server: it is enough, and without any part of it the probe
// says what is missing, before it has made anything.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, type TestCluster, withNamespace } from "./cluster.ts";
import { idle, pod, podSpec } from "./live/objects.ts";
import { install, kheadless } from "./live/program.ts";
import { nameOf, type Permission, permissionsOf, RBAC, roles, titleOf, without } from "./roles.ts";
import { waitFor } from "./run.ts";
import { hold, sideBySide } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

const READING = ["Role/kheadless", "Role/kheadless-cluster-dns", "ClusterRole/kheadless"];
const PROBE = "Role/kheadless-probe";
const NODES = "ClusterRole/kheadless-probe-nodes";
const IN = "Role/kheadless-probe-in";
const NAME = "kubernetes.default.svc.cluster.local.";

/** Each way to ask, with the roles that it needs on top of those for reading. */
const COMMANDS: readonly (readonly [args: readonly string[], needs: readonly string[]])[] = [
  [["probe", NAME], [PROBE]],
  [
    ["probe", NAME, "--every-node"],
    [PROBE, NODES],
  ],
  [
    ["probe", NAME, "--in", "client", "--yes"],
    [PROBE, IN],
  ],
  [["probe", NAME, "--in", "client", "--exec"], [IN]],
];
/** Who lacks it is not stopped: clusters before 1.35 do not ask for it, and a node's name is taken at its word. */
const NOT_MISSED = ["create pods/exec", "get nodes"];

const tag = randomBytes(3).toString("hex");

describe.runIf(cluster !== null)("probe, with exactly the rights of docs/rbac.yaml", () => {
  const given = cluster as TestCluster;
  const made: KubeObject[] = [];
  let namespace: string;
  let release: () => Promise<void>;

  beforeAll(async () => {
    await install();
    ({ value: namespace, release } = await hold<string>((work) => withNamespace(given.api, work)));
    const client = pod("client", podSpec(idle()), { app: "client" });
    const running = await given.api.create({ ...client, metadata: { ...client.metadata, namespace } });
    await given.api.wait(running, (found) => found?.status?.phase === "Running");
  });

  afterAll(async () => {
    for (const object of made) await given.api.delete(object);
    await release?.();
  });

  /** A user with these roles, but for one right of theirs. */
  const userWith = async (user: string, names: readonly string[], taken: Permission | null): Promise<string> => {
    for (const role of roles.filter((each) => names.includes(nameOf(each)))) {
      const { kind } = role;
      const place = { namespace: role.metadata.namespace === "shop" ? namespace : role.metadata.namespace };
      const metadata = { name: `${role.metadata.name}-${user}`, ...(kind === "Role" ? place : {}) };
      const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: metadata.name };
      for (const object of [
        { apiVersion: RBAC, kind, metadata, rules: without(role, taken) },
        { apiVersion: RBAC, kind: `${kind}Binding`, metadata, roleRef, subjects },
      ]) {
        made.push(object);
        await given.api.create(object);
      }
    }
    return user;
  };

  /** The authorizer follows with a small delay, in the order in which roles of one kind were made: these come last. */
  const settled = (user: string, needs: readonly string[], taken: Permission | null): Promise<unknown> =>
    waitFor(`the rights of ${user}`, 20, async () => {
      const last = [{ role: "ClusterRole/kheadless", verb: "list", resource: "namespaces" }, ...permissionsOf(needs)];
      const answers = await Promise.all(
        last.map(async ({ role, verb, resource: text }) => {
          const [resource, subresource] = text.split("/");
          const place = role.startsWith("ClusterRole") ? {} : { namespace };
          const spec = { user, resourceAttributes: { verb, resource, subresource, ...place } };
          const apiVersion = "authorization.k8s.io/v1";
          const body = { apiVersion, kind: "SubjectAccessReview", spec };
          const answer = await given.api.request("POST", `/apis/${apiVersion}/subjectaccessreviews`, body);
          const isTaken = taken?.role === role && taken.verb === verb && taken.resource === text;
          return isTaken || (answer as KubeObject).status.allowed === true;
        }),
      );
      return answers.every(Boolean) ? true : undefined;
    });

  const ask = (args: readonly string[], user: string) =>
    kheadless(given.kubeconfig, [...args, "-n", namespace, "--as", user, "-o", "json"]);

  it.each(COMMANDS)("%j: that is enough", async (args, needs) => {
    const user = `probe-${tag}-${COMMANDS.findIndex(([each]) => each === args)}`;
    await userWith(user, [...READING, ...needs], null);
    await settled(user, needs, null);
    expect(await ask(args, user)).toMatchObject({ code: 0, stderr: "" });
  });

  it("without any one of them it says which, and has made nothing", { timeout: 240_000 }, async () => {
    const cases = COMMANDS.flatMap(([args, needs], at) =>
      permissionsOf(needs)
        // A right that another way of asking needs is taken there.
        .filter(({ resource }) => !(args.includes("--exec") && resource === "pods/ephemeralcontainers"))
        .filter(({ resource }) => !(args.includes("--yes") && resource === "pods/exec"))
        .filter(({ verb, resource }) => !(args.includes("--yes") && resource === "pods" && verb !== "get"))
        .map((taken, index) => ({ args, needs, taken, user: `probe-${tag}-${at}-${index}` })),
    );
    const before = await given.api.get({ apiVersion: "v1", kind: "Pod", metadata: { name: "client", namespace } });
    const faults: string[] = [];
    const missed = new Set<string>();
    await sideBySide(
      3,
      cases.map(({ args, needs, taken, user }) => async () => {
        await userWith(user, [...READING, ...needs], taken);
        await settled(user, needs, taken);
        const { code, stdout, stderr } = await ask(args, user);
        const right = `${taken.verb} ${taken.resource}`;
        if (code === 0) return;
        missed.add(right);
        if (code !== 3 || stdout !== "" || !stderr.includes(right)) {
          faults.push(`${args.join(" ")}, without ${titleOf(taken)}: ended with ${code}: ${stderr}`);
        }
      }),
    );
    expect(faults).toEqual([]);
    const all = new Set(cases.map(({ taken }) => `${taken.verb} ${taken.resource}`));
    expect([...all].filter((right) => !missed.has(right)).sort()).toEqual(NOT_MISSED);
    expect(
      await given.api.list({ apiVersion: "v1", kind: "Pod", namespace, labelSelector: "kheadless.dev/probe-run" }),
    ).toEqual([]);
    const after = await given.api.get(before);
    expect(after.spec.ephemeralContainers ?? []).toEqual(before.spec.ephemeralContainers ?? []);
  });
});
