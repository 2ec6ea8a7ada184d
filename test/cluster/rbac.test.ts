// docs/rbac.yaml, held to a real API server: it is enough, all of it is needed, and without any part of it nothing is
// claimed that was not seen.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, kubeconfigFor, type TestCluster } from "./cluster.ts";
import { install, kheadless } from "./live/program.ts";
import { compareClaims, type Outcome, outcomeOf } from "./outcome.ts";
import { nameOf, type Permission, permissionsOf, RBAC, roles, titleOf, without } from "./roles.ts";
import { waitFor } from "./run.ts";
import { hold, sideBySide, withSample } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

const SETS = {
  one: ["Role/kheadless", "Role/kheadless-cluster-dns", "ClusterRole/kheadless"],
  observe: ["Role/kheadless", "Role/kheadless-cluster-dns", "ClusterRole/kheadless", "Role/kheadless-observe"],
  everywhere: ["ClusterRole/kheadless-everywhere", "Role/kheadless-cluster-dns", "ClusterRole/kheadless"],
} as const;

/** Who has all but one permission (null: all), and which commands are asked as that user. */
interface Asker {
  readonly user: string;
  readonly set: keyof typeof SETS;
  readonly taken: Permission | null;
}

const COMMANDS: Readonly<Record<keyof typeof SETS, readonly string[]>> = {
  one: ["doctor", "doctor db", "resolve db-0.db -t A,SRV", "resolve typo", "snapshot"],
  observe: ["doctor db --observe", "resolve db --observe"],
  everywhere: ["doctor -A", "snapshot -A"],
};

/**
 * Without these nothing is missing while cluster DNS is as it should be: docs/rbac.yaml calls them optional. The rest is
 * the smallest set.
 */
const OPTIONAL: readonly string[] = [
  "get clusterrolebindings (ClusterRole/kheadless)",
  "get clusterroles (ClusterRole/kheadless)",
  "get pods/log (Role/kheadless-cluster-dns)",
  "get services (Role/kheadless-cluster-dns)",
];
const CREATE_FORWARD = "create pods/portforward (Role/kheadless-observe)";

/** Whether a Service may not be called healthy without it. `manual` selects no Pods, so that these are none of its path. */
function vitalFor(service: "db" | "manual", { role, resource }: Permission): boolean {
  if (role !== "Role/kheadless" && role !== "ClusterRole/kheadless-everywhere") return false;
  const vital = [
    "services",
    "endpointslices",
    "endpoints",
    // Names of every Service of the namespace may stand in them.
    "configmaps",
    ...(service === "db" ? ["pods", "statefulsets", "deployments"] : []),
  ];
  return vital.includes(resource);
}

const tag = randomBytes(3).toString("hex");
const everybody: readonly Asker[] = (Object.keys(SETS) as (keyof typeof SETS)[]).flatMap((set) => {
  // Each role is taken apart in the set that it is the point of.
  const own = {
    one: SETS.one,
    observe: ["Role/kheadless-observe"],
    everywhere: ["ClusterRole/kheadless-everywhere"],
  }[set];
  return [null, ...permissionsOf(own)].map((taken, at) => ({ user: `kheadless-${tag}-${set}-${at}`, set, taken }));
});

/** Makes the published roles under names of this run: whole ones, and for each asker the one that lacks something. */
async function bindRoles({ api }: TestCluster, namespace: string, made: KubeObject[]): Promise<void> {
  const give = async (role: KubeObject, name: string, rules: readonly object[], users: readonly string[]) => {
    const place =
      role.kind === "ClusterRole" ? {} : { namespace: role.metadata.namespace === "shop" ? namespace : "kube-system" };
    const metadata = { name, ...place };
    const subjects = users.map((user) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }));
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: role.kind, name };
    for (const object of [
      { apiVersion: RBAC, kind: role.kind, metadata, rules },
      { apiVersion: RBAC, kind: `${role.kind}Binding`, metadata, roleRef, subjects },
    ]) {
      made.push(object);
      await api.create(object);
    }
  };
  for (const role of roles) {
    const inSet = everybody.filter(({ set }) => (SETS[set] as readonly string[]).includes(nameOf(role)));
    // What the commands here do not need is held to another test.
    if (inSet.length === 0) continue;
    const lacking = inSet.filter(({ taken }) => taken?.role === nameOf(role));
    const whole = inSet.filter((asker) => !lacking.includes(asker)).map(({ user }) => user);
    await give(role, `${role.metadata.name}-${tag}`, role.rules, whole);
    await Promise.all(
      lacking.map(({ user, taken }) => give(role, `${role.metadata.name}-${user}`, without(role, taken), [user])),
    );
  }
}

/** The authorizer follows with a small delay: the last of all must have what it was given. */
async function untilBound({ api }: TestCluster, namespace: string): Promise<void> {
  const allowed = async (user: string, resourceAttributes: object): Promise<boolean> => {
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user, resourceAttributes },
    };
    const answer = await api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body);
    return (answer as KubeObject).status.allowed;
  };
  await Promise.all(
    everybody.map(({ user, set, taken }) => {
      const place = set === "everywhere" ? {} : { namespace };
      const wanted = { verb: "list", group: "apps", resource: "daemonsets", ...place };
      return waitFor(`the rights of ${user}`, 20, async () =>
        (await allowed(user, wanted)) === (taken?.resource !== "daemonsets") ? true : undefined,
      );
    }),
  );
}

describe.runIf(cluster !== null)("with exactly the rights of docs/rbac.yaml", () => {
  const given = cluster as TestCluster;
  const made: KubeObject[] = [];
  let namespace: string;
  let release: () => Promise<void>;

  beforeAll(async () => {
    await install();
    ({ value: namespace, release } = await hold<string>((work) => withSample(given, work)));
    await bindRoles(given, namespace, made);
    await untilBound(given, namespace);
  });

  afterAll(async () => {
    for (const object of made) await given.api.delete(object);
    await release?.();
  });

  const ask = async (command: string, as: readonly string[], kubeconfig = given.kubeconfig): Promise<Outcome> => {
    const args = command.split(" ");
    const json = args[0] === "snapshot" ? [] : ["-o", "json"];
    const place = args.includes("-A") ? [] : ["-n", namespace];
    return outcomeOf(await kheadless(kubeconfig, [...args, ...place, ...json, ...as]), namespace);
  };
  const asAdministrator = new Map<string, Promise<Outcome>>();
  const expected = (command: string): Promise<Outcome> => {
    const known = asAdministrator.get(command) ?? ask(command, []);
    asAdministrator.set(command, known);
    return known;
  };

  it.each(everybody.filter(({ taken }) => taken === null))(
    "$set: each command says all that an administrator's does",
    async ({ user, set }) => {
      // The one who has it all comes with a certificate of its own; those below are impersonated.
      const kubeconfig = await kubeconfigFor(given, user);
      for (const command of COMMANDS[set]) {
        const outcome = await ask(command, [], kubeconfig);
        expect(outcome.unchecked, command).toEqual([]);
        expect(outcome, command).toEqual(await expected(command));
      }
    },
  );

  it("without any one of them: complete, or says what is missing", { timeout: 240_000 }, async () => {
    const lacking = everybody.flatMap((asker) =>
      asker.taken === null
        ? []
        : COMMANDS[asker.set].map((command) => ({ ...asker, taken: asker.taken as Permission, command })),
    );
    await Promise.all(Object.values(COMMANDS).flat().map(expected));
    const tell = new Set<string>();
    const faults: string[] = [];
    const work = lacking.map(({ user, taken, command }) => async () => {
      const title = `${command}, without ${titleOf(taken)}`;
      let outcome = await ask(command, ["--as", user]);
      let wrong = compareClaims(outcome, await expected(command));
      if (wrong.length > 0) {
        // The rest of the cluster does not stand still: what counts is what an administrator is told at the same time.
        const [again, whole] = await Promise.all([ask(command, ["--as", user]), ask(command, [])]);
        outcome = again;
        wrong = compareClaims(again, whole);
      }
      faults.push(...wrong.map((fault) => `${title}: ${fault}`));
      if (outcome.unchecked.length > 0) {
        tell.add(titleOf(taken));
        const named = taken.resource === "pods/portforward" ? "pods/portforward" : taken.resource;
        if (!outcome.unchecked.join("\n").includes(named))
          faults.push(`${title}: says nothing of ${named}: ${outcome.unchecked.join("; ")}`);
      }
      if (vitalFor("db", taken) && outcome.healthy.includes("db")) faults.push(`${title}: calls db healthy`);
      if (vitalFor("manual", taken) && outcome.healthy.includes("manual"))
        faults.push(`${title}: calls manual healthy`);
    });
    await sideBySide(3, work);
    expect(faults).toEqual([]);
    const silent = everybody.flatMap(({ taken }) =>
      taken === null || tell.has(titleOf(taken)) ? [] : [titleOf(taken)],
    );
    const { minor } = (await given.api.request("GET", "/version")) as { minor: string };
    const notYet = Number.parseInt(minor, 10) < 35 ? [CREATE_FORWARD] : [];
    expect(silent.sort()).toEqual([...OPTIONAL, ...notYet].sort());
  });
});
