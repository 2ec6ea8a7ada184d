// kheadless probe over a connection that fails it, to a real API server: what it says, and what it leaves.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeKubeconfigFile } from "./certificates.ts";
import { type TestCluster, withNamespace } from "./cluster.ts";
import { type Fault, type Passing, startFaultProxy } from "./fault-proxy.ts";
import { type Ended, install, kheadless } from "./live/program.ts";
import { cluster } from "./test-cluster.ts";

const NAME = "kubernetes.default.svc.cluster.local.";
const CUT: Fault = { kind: "cut", share: 0 };
const isPods = ({ path }: Passing): boolean => path.endsWith("/pods");
const isOurs = ({ path }: Passing): boolean => path.includes("/pods/kheadless-probe-");

describe.runIf(cluster !== null).concurrent("probe, over a connection that fails it", () => {
  const given = cluster as TestCluster;
  const folder = mkdtempSync(join(tmpdir(), "kheadless-probe-"));
  beforeAll(install);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Asks through a proxy that spoils what `spoil` says, and hands on what was left afterwards. */
  const ask = (name: string, spoil: () => (passing: Passing) => Fault | null) =>
    withNamespace(given.api, async (namespace): Promise<Ended & { readonly left: readonly string[] }> => {
      const proxy = await startFaultProxy(given.kubeconfig);
      try {
        proxy.spoil(spoil());
        const kubeconfig = writeKubeconfigFile(join(folder, name), proxy.cluster, { token: "token-1" });
        const ended = await kheadless(kubeconfig, ["probe", NAME, "-n", namespace, "--timeout", "30s"]);
        const pods = await given.api.list({ apiVersion: "v1", kind: "Pod", namespace });
        const cleaned = await kheadless(given.kubeconfig, ["probe", "--clean", "-n", namespace]);
        expect(cleaned.code).toBe(0);
        expect(await given.api.list({ apiVersion: "v1", kind: "Pod", namespace })).toEqual([]);
        return { ...ended, left: pods.map(({ metadata }) => metadata.name) };
      } finally {
        await proxy.close();
      }
    });
  /** Only the first request of which it holds. */
  const once = (which: (passing: Passing) => boolean, fault: Fault) => () => {
    let done = false;
    return (passing: Passing) => {
      if (done || !which(passing)) return null;
      done = true;
      return fault;
    };
  };

  it.each<readonly [string, () => (passing: Passing) => Fault | null]>([
    ["the answer to its Pod's creation is lost", once((one) => one.method === "POST" && isPods(one), CUT)],
    ["the answer to its Pod's deletion is lost", once((one) => one.method === "DELETE", CUT)],
    ["a look at its Pod is cut off", once(isOurs, { kind: "cut", share: 0.5 })],
    ["its log comes to half", once(({ path }) => path.endsWith("/log"), { kind: "truncated", share: 0.5 })],
    [
      "the API server puts every third request off",
      () =>
        ({ index }) =>
          index % 3 === 2 ? { kind: "answer", status: 429, headers: { "retry-after": "0" }, body: "later" } : null,
    ],
  ])("gets through, and leaves nothing, where %s", async (title, spoil) => {
    const { code, stderr, left } = await ask(title.replaceAll(/\W/g, "-"), spoil);
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
  });

  it("says what it leaves where nothing gets through any more once its Pod is made", async () => {
    const { code, stdout, stderr, left } = await ask("lost", () => {
      let lost = false;
      return (passing) => {
        if (lost) return { kind: "answer", status: 502, body: "bad gateway" };
        lost = passing.method === "POST" && isPods(passing);
        return null;
      };
    });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(left).toHaveLength(1);
    expect(stderr).toMatch(/^could not be removed: Pod \S+ \(bad gateway\)\./m);
    expect(stderr).toContain(` delete pod ${left[0]}\n`);
  });
});
