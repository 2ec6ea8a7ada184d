import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chooseCluster, type KubeconfigFlags, NOBODY } from "../../../src/sources/cluster/kubeconfig.ts";
import { errorOf, folder } from "./setup.ts";

interface Names {
  readonly current?: string;
  readonly contexts?: Readonly<Record<string, object>>;
  readonly clusters?: Readonly<Record<string, object>>;
  readonly users?: Readonly<Record<string, object>>;
}

function config({ current, contexts = {}, clusters = {}, users = {} }: Names): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": current,
    contexts: Object.entries(contexts).map(([name, context]) => ({ name, context })),
    clusters: Object.entries(clusters).map(([name, cluster]) => ({ name, cluster })),
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
  });
}

const DEV = config({
  current: "dev",
  contexts: { dev: { cluster: "east", user: "jane", namespace: "shop" }, prod: { cluster: "west", user: "jane" } },
  clusters: { east: { server: "https://east" }, west: { server: "https://west" } },
  users: { jane: { token: "from-jane" }, root: { token: "from-root", as: "boss", "as-groups": ["g1"], "as-uid": "7" } },
});

async function choose(
  files: Readonly<Record<string, string>>,
  env: Record<string, string> = {},
  flags: KubeconfigFlags = {},
) {
  const { path, write } = await folder();
  await mkdir(join(path, ".kube"));
  await mkdir(join(path, "other"));
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return chooseCluster(flags, { env: { HOME: path, ...env }, cwd: path, serviceAccountFolder: join(path, "account") });
}

describe("which files", () => {
  test("~/.kube/config where nothing else is said", async () => {
    const { context, description, namespace, cluster, user } = await choose({ ".kube/config": DEV });
    expect({ context, description, namespace }).toEqual({
      context: "dev",
      description: "context dev",
      namespace: "shop",
    });
    expect(cluster.server).toBe("https://east");
    expect(user.token).toBe("from-jane");
  });

  test("KUBECONFIG stands over it, and --kubeconfig over both", async () => {
    const files = {
      ".kube/config": DEV,
      a: config({ current: "a", contexts: { a: { cluster: "a" } }, clusters: { a: { server: "https://a" } } }),
      b: config({ current: "b", contexts: { b: { cluster: "b" } }, clusters: { b: { server: "https://b" } } }),
    };
    expect((await choose(files, { KUBECONFIG: "a" })).cluster.server).toBe("https://a");
    expect((await choose(files, { KUBECONFIG: "a" }, { kubeconfig: "b" })).cluster.server).toBe("https://b");
  });

  test("of a list, missing files are skipped and the first entry of a name holds as a whole", async () => {
    const first = config({ clusters: { east: { server: "https://first" } }, users: { jane: {} } });
    const second = config({
      current: "dev",
      contexts: { dev: { cluster: "east", user: "jane" } },
      clusters: { east: { server: "https://second", "tls-server-name": "second" } },
      users: { jane: { token: "second" } },
    });
    const third = config({ current: "third", contexts: { dev: { cluster: "nowhere" } } });
    const chosen = await choose({ first, second, third }, { KUBECONFIG: "gone::first:second:third" });
    expect(chosen.context).toBe("dev");
    expect(chosen.cluster).toMatchObject({ server: "https://first", tlsServerName: "" });
    expect(chosen.user.token).toBe("");
  });

  test("a missing --kubeconfig is an error even where others are there", async () => {
    const error = await errorOf(choose({ ".kube/config": DEV }, {}, { kubeconfig: "gone" }));
    expect(error).toMatchObject({ kind: "config", exitCode: 2, message: "gone: no such file" });
  });

  test("relative names in a file start at that file's folder; a bare command is looked up in PATH", async () => {
    const user = (command: string) => ({
      "client-certificate": "jane.crt",
      "client-key": "/keys/jane.key",
      tokenFile: "../token",
      exec: { apiVersion: "client.authentication.k8s.io/v1", command },
    });
    const at = (command: string) =>
      config({
        current: "x",
        contexts: { x: { cluster: "x", user: "x" } },
        clusters: { x: { server: "https://x", "certificate-authority": "ca.crt" } },
        users: { x: user(command) },
      });
    const { cluster, user: found } = await choose({ "other/x": at("./login") }, { KUBECONFIG: "other/x" });
    expect(cluster.certificateAuthority).toMatch(/\/other\/ca\.crt$/);
    expect(found.clientCertificate).toMatch(/\/other\/jane\.crt$/);
    expect(found.clientKey).toBe("/keys/jane.key");
    expect(found.tokenFile).not.toContain("other");
    expect(found.exec?.command).toMatch(/\/other\/login$/);
    expect((await choose({ "other/x": at("login") }, { KUBECONFIG: "other/x" })).user.exec?.command).toBe("login");
  });
});

describe("which cluster, and as whom", () => {
  const files = { ".kube/config": DEV };

  test("--context, and --cluster and --user over what it says", async () => {
    expect((await choose(files, {}, { context: "prod" })).cluster.server).toBe("https://west");
    const chosen = await choose(files, {}, { cluster: "west", user: "root" });
    expect(chosen).toMatchObject({ context: "dev", namespace: "shop" });
    expect(chosen.cluster.server).toBe("https://west");
    expect(chosen.user.token).toBe("from-root");
  });

  test("--cluster is enough where no context is current", async () => {
    const chosen = await choose(
      { c: config({ clusters: { c: { server: "https://c" } } }) },
      { KUBECONFIG: "c" },
      { cluster: "c" },
    );
    expect(chosen).toMatchObject({ context: null, description: "cluster c", namespace: "" });
  });

  test("--as and --as-group stand over the user's own, its uid stays", async () => {
    const own = await choose(files, {}, { user: "root" });
    expect(own.user).toMatchObject({ as: "boss", asGroups: ["g1"], asUid: "7" });
    const other = await choose(files, {}, { user: "root", as: "jim", asGroup: ["g2", "g3"] });
    expect(other.user).toMatchObject({ as: "jim", asGroups: ["g2", "g3"], asUid: "7" });
    expect((await errorOf(choose(files, {}, { asGroup: ["g"] }))).message).toBe(
      "--as-group needs --as: a group alone cannot be impersonated",
    );
  });

  test.each<[string, KubeconfigFlags, string, RegExp]>([
    [
      "context",
      { context: "prid" },
      'the kubeconfig has no context "prid"',
      /^did you mean "prod"\? kubectl config get-contexts/,
    ],
    [
      "context far from all",
      { context: "mars" },
      'the kubeconfig has no context "mars"',
      /^kubectl config get-contexts/,
    ],
    ["cluster", { cluster: "wes" }, 'the kubeconfig has no cluster "wes"', /"west"/],
    ["user", { user: "jana" }, 'the kubeconfig has no user "jana"', /"jane"/],
  ])("an unknown %s", async (_, flags, message, advice) => {
    const error = await errorOf(choose(files, {}, flags));
    expect(error).toMatchObject({ kind: "config", exitCode: 2, message });
    expect(error.advice).toMatch(advice);
  });

  test("a context whose cluster is missing says which context that is; without its user nobody asks, as with kubectl", async () => {
    const broken = (cluster: string) =>
      config({ current: "x", contexts: { x: { cluster, user: "y" } }, clusters: { c: { server: "https://c" } } });
    expect((await errorOf(choose({ x: broken("d") }, { KUBECONFIG: "x" }))).message).toBe(
      'the kubeconfig has no cluster of context "x": "d"',
    );
    expect(await choose({ x: broken("c") }, { KUBECONFIG: "x" })).toMatchObject({ user: NOBODY, missingUser: "y" });
  });

  test("no current context names those that there are", async () => {
    const error = await errorOf(
      choose({ x: config({ contexts: { a: { cluster: "a" }, b: { cluster: "b" } } }) }, { KUBECONFIG: "x" }),
    );
    expect(error.message).toBe("x: no current context is set");
    expect(error.advice).toBe("choose one with --context: a, b");
  });
});

describe("in a Pod", () => {
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };

  async function inPod(kubeconfig: string | null, more: Record<string, string> = {}) {
    const { path, write } = await folder();
    await mkdir(join(path, "account"));
    await write("account/token", "pod-token");
    await write("account/ca.crt", "authority");
    await write("account/namespace", "own\n");
    if (kubeconfig !== null) await write("config", kubeconfig);
    return chooseCluster(
      {},
      {
        env: { HOME: path, KUBECONFIG: join(path, "config"), ...more },
        cwd: path,
        serviceAccountFolder: join(path, "account"),
      },
    );
  }

  test("its own service account, where there is no kubeconfig", async () => {
    const chosen = await inPod(null, env);
    expect(chosen).toMatchObject({ context: null, description: "in-cluster", namespace: "own" });
    expect(chosen.cluster.server).toBe("https://[fd00::1]:443");
    expect(chosen.cluster.certificateAuthority).toMatch(/\/account\/ca\.crt$/);
    expect(chosen.user.tokenFile).toMatch(/\/account\/token$/);
  });

  test("a kubeconfig goes before it", async () => {
    expect((await inPod(DEV, env)).context).toBe("dev");
  });

  test("outside of a Pod the missing kubeconfig is named", async () => {
    const error = await errorOf(inPod(null));
    expect(error).toMatchObject({ kind: "config", exitCode: 2 });
    expect(error.message).toMatch(/^no kubeconfig: .*\/config does not exist or holds no cluster$/);
  });
});
