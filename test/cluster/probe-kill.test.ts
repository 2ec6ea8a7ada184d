// kheadless probe, ended at every moment of its life: nothing of it stays in the cluster.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, type TestCluster, withNamespace } from "./cluster.ts";
import { type Ended, install, kheadless, startKheadless } from "./live/program.ts";
import { sideBySide } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

/** How often a probe is ended, and how. A double Ctrl-C gives up the cleaning, a kill leaves nobody who could. */
const ENDINGS = {
  SIGINT: 24,
  SIGTERM: 20,
  SIGHUP: 16,
  "SIGINT twice": 16,
  SIGKILL: 24,
} as const;
type Ending = keyof typeof ENDINGS;
const AT_ONCE = 4;
/** A probe that nobody ends takes less: so every stage is met, and some are met too late. */
const LONGEST_LIFE_MS = 2_500;
const TIMEOUT_SECONDS = 5;
/** What kheadless puts on top of --timeout, and what the kubelet may take to notice. */
const DEADLINE_SECONDS = TIMEOUT_SECONDS + 15 + 30;

const ours = (namespace: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  namespace,
  labelSelector: "kheadless.dev/probe-run",
});
const hasEnded = ({ status }: KubeObject) => status?.phase === "Succeeded" || status?.phase === "Failed";

describe.runIf(cluster !== null)("a probe that is ended", () => {
  const given = cluster as TestCluster;
  beforeAll(install);

  /** Starts a probe and ends it some time later. */
  const end = async (
    namespace: string,
    ending: Ending,
  ): Promise<Ended & { readonly signal: NodeJS.Signals | null }> => {
    const timeout = `${TIMEOUT_SECONDS}s`;
    const args = ["probe", "kubernetes.default.svc.cluster.local.", "--timeout", timeout, "-n", namespace];
    const { child, ended } = startKheadless(given.kubeconfig, args);
    await sleep(Math.random() * LONGEST_LIFE_MS);
    child.kill(ending === "SIGINT twice" ? "SIGINT" : ending);
    if (ending === "SIGINT twice") {
      await sleep(Math.random() * 200);
      child.kill("SIGINT");
    }
    return { ...(await ended), signal: child.signalCode };
  };
  const endAll = (namespace: string, endings: readonly Ending[]) => {
    const all = endings.flatMap((ending) => Array.from({ length: ENDINGS[ending] }, () => ending));
    return sideBySide(
      AT_ONCE,
      all.map((ending) => () => end(namespace, ending)),
    );
  };

  it("removes its Pod where it is asked to end", { timeout: 400_000 }, () =>
    withNamespace(given.api, async (namespace) => {
      const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
      const ended = await endAll(namespace, endings);
      expect(await given.api.list(ours(namespace))).toEqual([]);
      // In its first moments, before it has anything to clean up, it ends as any program does.
      const odd = ended.filter(
        ({ code, signal }) => code !== 130 && code !== 0 && !endings.some((one) => one === signal),
      );
      expect(odd).toEqual([]);
      expect(ended.some(({ code }) => code === 130)).toBe(true);
      expect(ended.filter(({ stderr }) => /could not be removed|internal error|\n {4}at /.test(stderr))).toEqual([]);
    }),
  );

  it("says what it leaves where it is asked to end at once", { timeout: 200_000 }, () =>
    withNamespace(given.api, async (namespace) => {
      const ended = await endAll(namespace, ["SIGINT twice"]);
      const told = ended.flatMap(({ stderr }) =>
        [...stderr.matchAll(/^could not be removed: Pod \S+\/(\S+) .* kubectl -n \S+ delete pod \S+$/gm)].map(
          ([, name]) => name,
        ),
      );
      const left = (await given.api.list(ours(namespace))).map(({ metadata }) => metadata.name);
      expect(told).toEqual(expect.arrayContaining(left));
      await kheadless(given.kubeconfig, ["probe", "--clean", "-n", namespace]);
      expect(await given.api.list(ours(namespace))).toEqual([]);
    }),
  );

  it("ends by its own deadline, and is removed by --clean, where it is killed", { timeout: 300_000 }, () =>
    withNamespace(given.api, async (namespace) => {
      await endAll(namespace, ["SIGKILL"]);
      const left = await given.api.waitForAll(ours(namespace), (pods) => pods.every(hasEnded), {
        seconds: DEADLINE_SECONDS,
      });
      expect(left.length).toBeGreaterThan(0);
      const cleaned = await kheadless(given.kubeconfig, ["probe", "--clean", "-n", namespace]);
      expect(cleaned.code).toBe(0);
      expect(cleaned.stdout.trimEnd().split("\n").filter(Boolean).sort()).toEqual(
        left.map(({ metadata }) => `pod/${metadata.name} removed from ${namespace}`).sort(),
      );
      expect(await given.api.list(ours(namespace))).toEqual([]);
    }),
  );
});
