import { describe, expect, it } from "vitest";
import { KUBERNETES_OPTIONS, PLUGINS, standingOf } from "../../src/dns/coredns-names.ts";
import { parseCorefile } from "../../src/dns/corefile.ts";
import type { TestCluster } from "./cluster.ts";
import { builtCoreDns, runCorefiles } from "./corefiles/corefiles.ts";
import { ODD_OPTIONS, ODD_PLUGINS } from "./corefiles/odd-lines.ts";
import { type Started, withCoreDns } from "./corefiles/process.ts";
import { cluster } from "./test-cluster.ts";

/** Of states that have answers too large for UDP without EDNS, too. */
const SEED = 1075;

describe.runIf(cluster !== null)("what CoreDNS makes of random Corefiles", () => {
  it("is what was predicted, whole answers over UDP and TCP", async () => {
    const done = await runCorefiles(cluster as TestCluster, { count: 25, seed: SEED, say: () => {} });
    const told = done.differences.map(({ seed, question, differences, reason }) => ({
      seed,
      question,
      differences,
      reason,
    }));
    expect(told.slice(0, 10)).toEqual([]);
    expect(done.answers).toBeGreaterThan(10_000);
    // Corefiles that answer nothing would prove little.
    expect(done.outcomes.get("NOERROR")).toBeGreaterThan(1_000);
    expect(done.outcomes.get("NODATA")).toBeGreaterThan(100);
    expect(done.outcomes.get("cut")).toBeGreaterThan(0);
  });
});

describe.runIf(cluster !== null)("what CoreDNS does not load", () => {
  const { kubeconfig } = cluster ?? { kubeconfig: "" };
  const inKubernetes = (option: string): string =>
    `kubernetes cluster.local {\n kubeconfig ${kubeconfig}\n ${option}\n }`;

  it.each([...ODD_PLUGINS, ...ODD_OPTIONS.map(inKubernetes)])("is foretold: %j", async (plugin) => {
    const { started, foretold } = await load(plugin);
    expect({ loads: started.serves }, why(started)).toEqual({ loads: foretold.length === 0 });
  });

  it("is a plugin that its version does not have, or no more", async () => {
    const wrong: string[] = [];
    for (const name of [...Object.keys(PLUGINS), "forwrd", "healht", "kuberentes", "promethues"]) {
      const { started, version } = await load(name);
      const refused = why(started).includes(`Unknown directive '${name}'`);
      if (refused !== (standingOf(PLUGINS, name, version).is !== "taken")) wrong.push(`${name}: ${why(started)}`);
    }
    expect(wrong).toEqual([]);
  });

  it("is an option of kubernetes that its version does not have, or no more", async () => {
    const wrong: string[] = [];
    for (const name of [...Object.keys(KUBERNETES_OPTIONS), "falltrough", "namepsaces"]) {
      const { started, version } = await load(inKubernetes(name));
      const refused = why(started).includes(`unknown property '${name}'`);
      if (refused !== (standingOf(KUBERNETES_OPTIONS, name, version).is !== "taken"))
        wrong.push(`${name}: ${why(started)}`);
    }
    expect(wrong).toEqual([]);
  });

  async function load(plugin: string) {
    const { program, version } = await builtCoreDns();
    const textFor = (port: number): string => `.:${port} {\n ${plugin}\n}\n`;
    return withCoreDns(program, textFor, async (started, port) => {
      const { errors, suspects } = parseCorefile(textFor(port), undefined, version);
      return { started, version, foretold: [...errors, ...suspects] };
    });
  }

  function why(started: Started): string {
    return started.serves ? "" : started.because;
  }
});
