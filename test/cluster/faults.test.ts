// What kheadless makes of connections, servers and credentials that fail on the way: the right answer, or one clear line,
// in bounded time, and never a half-read list taken for a whole one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeKubeconfigFile } from "./certificates.ts";
import type { TestCluster } from "./cluster.ts";
import { type Fault, type FaultProxy, type Passing, startFaultProxy } from "./fault-proxy.ts";
import { type Ended, install, kheadless } from "./live/program.ts";
import { compareClaims, type Outcome, outcomeOf } from "./outcome.ts";
import { hold, sideBySide, withSample } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

/** However much goes wrong; kheadless alone needs about a second on an idle machine. */
const MOST_SECONDS = 60;
const LANES = 4;
const RUNS = 36;
const SEED = Number(process.env.KHEADLESS_FAULT_SEED ?? 20_250_801);

const COMMANDS = ["doctor", "doctor db", "resolve db-0.db -t A,SRV", "resolve typo", "snapshot"];
const RESOURCES = [
  "services",
  "endpointslices",
  "pods",
  "endpoints",
  "statefulsets",
  "deployments",
  "jobs",
  "namespaces",
  "configmaps/coredns",
];

type Spoils = (passing: Passing) => Fault | null;

/** What a run came to: an outcome, or one line instead. */
type Result = { readonly seconds: number; readonly ended: Ended } & (
  | { readonly outcome: Outcome; readonly line: null }
  | { readonly outcome: null; readonly line: string }
);

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const status = (code: number, reason: string, message: string) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  code,
});
const answer = (code: number, reason: string, message: string, headers = {}): Fault => ({
  kind: "answer",
  status: code,
  headers,
  body: status(code, reason, message),
});
const unserved: Fault = { kind: "answer", status: 404, body: "404 page not found\n" };
const expired = answer(410, "Expired", "The provided continue parameter is too old");
const overloaded = (seconds: number) =>
  answer(429, "TooManyRequests", "the server is busy", { "retry-after": `${seconds}` });
const refused = answer(401, "Unauthorized", "Unauthorized");

const FAULTS: readonly ((chance: () => number) => Fault)[] = [
  (chance) => ({ kind: "cut", share: chance() }),
  (chance) => ({ kind: "cut", share: 0.9 + chance() / 10 }),
  (chance) => ({ kind: "truncated", share: chance() * 0.999 }),
  () => answer(500, "InternalError", "etcdserver: leader changed"),
  () => ({ kind: "answer", status: 502, body: "<html><h1>Bad Gateway</h1></html>" }),
  () => overloaded(1),
  () => overloaded(3600),
];

interface Scenario {
  readonly command: string;
  readonly title: string;
  /** Every fault passes, so that the answer must be whole. */
  readonly passes: boolean;
  spoils(): Spoils;
}

/** Where and when a fault comes, by chance. */
function scenarioOf(seed: number): Scenario {
  const chance = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const command = pick(COMMANDS);
  const fault = pick(FAULTS)(chance);
  const resource = pick(RESOURCES);
  const at = Math.floor(chance() * 40);
  const later = chance() < 0.5;
  const what = `${JSON.stringify(fault).slice(0, 90)}`;
  switch (pick(["once", "each", "always", "some"])) {
    case "once":
      return {
        command,
        title: `${what} at request ${at}`,
        passes: !isLong(fault),
        spoils:
          () =>
          ({ index }) =>
            index === at ? fault : null,
      };
    case "each":
      return {
        command,
        title: `${what} at the first try of each request`,
        passes: !isLong(fault),
        spoils: () => {
          const tried = new Set<string>();
          return ({ path, query }) => {
            const key = `${path}?${query}`;
            if (tried.has(key)) return null;
            tried.add(key);
            return fault;
          };
        },
      };
    case "always":
      return {
        command,
        title: `${what} always for ${later ? "later pages of " : ""}${resource}`,
        passes: false,
        spoils: () => (passing) =>
          passing.path.endsWith(`/${resource}`) && (!later || passing.query.has("continue")) ? fault : null,
      };
    default:
      return {
        command,
        title: `${what} for a third of all`,
        passes: false,
        spoils: () => {
          const often = random(seed + 1);
          return () => (often() < 0.33 ? fault : null);
        },
      };
  }
}

/** Longer than anybody waits. */
function isLong(fault: Fault): boolean {
  return fault.kind === "answer" && Number(fault.headers?.["retry-after"] ?? 0) > 30;
}

describe.runIf(cluster !== null)("through a connection that spoils what passes", () => {
  const given = cluster as TestCluster;
  const folder = mkdtempSync(join(tmpdir(), "kheadless-faults-"));
  const lanes: FaultProxy[] = [];
  let namespace: string;
  let release: () => Promise<void>;

  beforeAll(async () => {
    await install();
    ({ value: namespace, release } = await hold<string>((work) => withSample(given, work)));
    for (let lane = 0; lane < LANES; lane++) lanes.push(await startFaultProxy(given.kubeconfig));
  });

  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.close()));
    rmSync(folder, { recursive: true, force: true });
    await release?.();
  });

  let files = 0;
  const kubeconfigFor = (proxy: FaultProxy, credentials: object = { token: "token-1" }): string => {
    files++;
    return writeKubeconfigFile(join(folder, `kubeconfig-${files}`), proxy.cluster, credentials);
  };

  const ask = async (kubeconfig: string, command: string, more: readonly string[] = []): Promise<Result> => {
    const args = command.split(" ");
    const json = args[0] === "snapshot" ? [] : ["-o", "json"];
    const before = performance.now();
    const ended = await kheadless(kubeconfig, [...args, "-n", namespace, ...json, ...more]);
    const seconds = (performance.now() - before) / 1000;
    if (ended.stdout === "") return { seconds, ended, outcome: null, line: ended.stderr };
    return { seconds, ended, outcome: outcomeOf(ended, namespace), line: null };
  };

  const wholes = new Map<string, Promise<Result>>();
  const whole = async (command: string, anew = false): Promise<Outcome> => {
    const asked = anew ? undefined : wholes.get(command);
    const asking = asked ?? ask(given.kubeconfig, command);
    wholes.set(command, asking);
    const { outcome, line } = await asking;
    if (outcome === null) throw new Error(line);
    return outcome;
  };

  /** What is not right with a result. */
  const faultsOf = (
    { outcome, line, ended, seconds }: Result,
    expected: Outcome,
    passes: boolean,
  ): readonly string[] => {
    const faults = seconds > MOST_SECONDS ? [`takes ${seconds.toFixed(0)} s`] : [];
    if (outcome === null) {
      if (ended.code !== 3) faults.push(`ends with ${ended.code}: ${line}`);
      if (!/^error: [^\n]{20,}\n$/.test(line)) faults.push(`says not one clear line: ${line}`);
      if (passes) faults.push(`gives up: ${line}`);
      return faults;
    }
    if (passes)
      faults.push(
        ...outcome.unchecked
          .filter((one) => !expected.unchecked.includes(one))
          .map((one) => `leaves unchecked: ${one}`),
      );
    return [...faults, ...compareClaims(outcome, expected)];
  };

  /** Runs it with these faults, and once more where the cluster is by then not what it was: others use it, too. */
  const judged = async (
    proxy: FaultProxy,
    command: string,
    spoils: () => Spoils,
    passes: boolean,
    kubeconfig = kubeconfigFor(proxy),
    more: readonly string[] = [],
  ) => {
    const run = async (expected: Outcome) => {
      proxy.spoil(spoils());
      const result = await ask(kubeconfig, command, more);
      return { faults: faultsOf(result, expected, passes), result };
    };
    const expected = await whole(command);
    const first = await run(expected);
    if (first.faults.length === 0) return first;
    const now = await whole(command, true);
    return isDeepStrictEqual(now.claims, expected.claims) ? first : run(now);
  };

  /** Gives each work a proxy of its own, as they get free; together with what it finds wrong. */
  const onLanes = async (
    works: readonly ((proxy: FaultProxy) => Promise<readonly string[]>)[],
  ): Promise<readonly string[]> => {
    const free = [...lanes];
    const found = await sideBySide(
      LANES,
      works.map((work) => async () => {
        const proxy = free.pop() as FaultProxy;
        const faults = await work(proxy);
        free.push(proxy);
        return faults;
      }),
    );
    return found.flat();
  };

  it(`stays right and in time, whatever happens wherever (${RUNS} runs from seed ${SEED})`, async () => {
    const scenarios = Array.from({ length: RUNS }, (_, at) => scenarioOf(SEED + at * 7919));
    let spoilt = 0;
    const found = await onLanes(
      scenarios.map(({ command, title, passes, spoils }) => async (proxy) => {
        const { faults } = await judged(proxy, command, spoils, passes);
        spoilt += proxy.faults();
        return faults.map((fault) => `${command}, with ${title}: ${fault}`);
      }),
    );
    expect(found).toEqual([]);
    expect(spoilt).toBeGreaterThan(RUNS * 2);
  });

  /** The proxy of tests that come one after the other. */
  const way = (): FaultProxy => lanes[0] as FaultProxy;
  const lists = ({ path }: Passing, ...plurals: readonly string[]): boolean =>
    plurals.some((plural) => path.endsWith(`/${plural}`));

  const late = (milliseconds: number) => () => (passing: Passing) =>
    lists(passing, "pods") ? ({ kind: "stall", share: 0.5, milliseconds } as const) : null;
  /** What must be said where it cannot go well, and how long it may take. */
  const HOPELESS: readonly (readonly [string, Fault, RegExp])[] = [
    ["cuts every connection", { kind: "cut", share: 0.5 }, /the connection was cut in the middle of an answer/],
    ["answers 500 to everything", answer(500, "InternalError", "etcd is gone"), /etcd is gone/],
    ["is always too busy", overloaded(10), /the server is busy/],
    ["never answers", { kind: "stall", share: 0, milliseconds: 120_000 }, /silent for 30 s/],
    ["answers with half of everything", { kind: "truncated", share: 0.5 }, /not whole (JSON|gzip)/],
  ];

  it("takes its time with a slow server, and no more than it was given; and ends with 3 where nothing helps", async () => {
    const found = await onLanes([
      async (proxy) => {
        const { faults, result } = await judged(proxy, "doctor", late(10_000), true);
        return [...faults, ...(result.seconds > 10 ? [] : ["did not wait for a late answer"])];
      },
      async (proxy) => {
        const more = ["--request-timeout", "2s"];
        const { faults, result } = await judged(proxy, "doctor db", late(60_000), false, kubeconfigFor(proxy), more);
        const said = result.outcome?.unchecked.join("\n") ?? "";
        return [
          ...faults,
          ...(result.ended.code === 3 && said.includes("no whole answer within 2 s")
            ? []
            : [`told to wait 2 s: ${said}`]),
          ...(result.seconds < 20 ? [] : [`told to wait 2 s, waits ${result.seconds}`]),
        ];
      },
      ...HOPELESS.map(([title, fault, said]) => async (proxy: FaultProxy) => {
        const { faults, result } = await judged(proxy, "doctor db", () => () => fault, false);
        const { code, stdout, stderr } = result.ended;
        const right = code === 3 && said.test(`${stdout}${stderr}`);
        return [...faults, ...(right ? [] : [`${code}: ${stderr}`])].map((one) => `a server that ${title}: ${one}`);
      }),
    ]);
    expect(found).toEqual([]);
  });

  it("a list whose later pages fail is never taken for whole", async () => {
    const pages: readonly (readonly [string, Fault])[] = [
      ["services", answer(500, "InternalError", "etcd is gone")],
      ["pods", { kind: "cut", share: 0.7 }],
      ["pods", answer(403, "Forbidden", "pods is forbidden")],
      ["endpointslices", { kind: "truncated", share: 0.3 }],
    ];
    const works = pages.flatMap(([plural, fault]) =>
      ["doctor", "resolve db-0.db -t A,SRV", "snapshot"].map((command) => async (proxy: FaultProxy) => {
        const spoils = () => (passing: Passing) =>
          lists(passing, plural) && passing.query.has("continue") ? fault : null;
        const { faults, result } = await judged(proxy, command, spoils, false);
        const said = result.outcome?.unchecked.join("\n") ?? "";
        // What a name resolves to may stand on the first page.
        const told =
          said.includes(`only the first 2 ${plural}`) || (command.startsWith("resolve") && result.ended.code === 0);
        const wrong = [
          ...faults,
          ...(proxy.faults() > 0 ? [] : ["nothing was spoilt"]),
          ...(told ? [] : [`says ${said}`]),
        ];
        return wrong.map((one) => `${command}, ${plural}: ${one}`);
      }),
    );
    expect(await onLanes(works)).toEqual([]);
  });

  it("pages that expire under it are read anew, and at last in one piece", async () => {
    for (const often of [1, 2, Number.POSITIVE_INFINITY]) {
      const spoils = () => {
        const met = new Map<string, number>();
        return ({ path, query }: Passing) => {
          if (!query.has("continue")) return null;
          met.set(path, (met.get(path) ?? 0) + 1);
          return (met.get(path) ?? 0) <= often ? expired : null;
        };
      };
      const { faults } = await judged(way(), "doctor", spoils, true);
      expect(faults, `${often} times`).toEqual([]);
      expect(way().faults()).toBeGreaterThan(1);
    }
  });

  describe("credentials that expire half-way", () => {
    const NEVER = Number.POSITIVE_INFINITY;
    /** The first token is good for so many requests, the second one for the rest. */
    const expiring = (after: number, renew: () => void = () => {}) => {
      return () => {
        let over = false;
        return ({ index, token }: Passing): Fault | null => {
          if (index >= after && !over) {
            over = true;
            renew();
          }
          return token === (over ? "token-2" : "token-1") ? null : refused;
        };
      };
    };
    const cut = [0, 1, 5, 17];

    it.each(cut)("a token, after %i requests: one line", async (after) => {
      const { faults, result } = await judged(way(), "doctor", expiring(after), false);
      expect(faults).toEqual([]);
      expect(result.line).toMatch(/refuses the kubeconfig's credentials \(401: Unauthorized\).*log in again/);
    });

    it.each(cut)("a file that holds another one by then, after %i requests: complete", async (after) => {
      const file = join(folder, `token-${after}`);
      const start = () => writeFileSync(file, "token-1");
      const spoils = () => {
        start();
        return expiring(after, () => writeFileSync(file, "token-2"))();
      };
      const { faults } = await judged(way(), "doctor", spoils, true, kubeconfigFor(way(), { tokenFile: file }));
      expect(faults).toEqual([]);
    });

    it("a file that still holds the old one: one line", async () => {
      const file = join(folder, "token-old");
      writeFileSync(file, "token-1");
      const { faults, result } = await judged(
        way(),
        "doctor",
        expiring(5),
        false,
        kubeconfigFor(way(), { tokenFile: file }),
      );
      expect(faults).toEqual([]);
      expect(result.line).toMatch(/refuses the kubeconfig's credentials/);
    });

    it.each([...cut, NEVER])("an exec plugin's, after %d requests: complete", async (after) => {
      const file = join(folder, `plugin-token-${after}`);
      const script = join(folder, "plugin.mjs");
      writeFileSync(
        script,
        `import { readFileSync } from "node:fs";
const status = { token: readFileSync(process.env.TOKEN, "utf8") };
console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status }));`,
      );
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: process.execPath,
        args: [script],
        env: [{ name: "TOKEN", value: file }],
        interactiveMode: "Never",
      };
      const spoils = () => {
        writeFileSync(file, "token-1");
        return expiring(after, () => writeFileSync(file, "token-2"))();
      };
      const { faults } = await judged(way(), "doctor", spoils, true, kubeconfigFor(way(), { exec }));
      expect(faults).toEqual([]);
    });
  });

  describe("a server of former years", () => {
    const isNew = ({ path }: Passing): boolean => /^\/apis\/(discovery\.k8s\.io|batch)\/v1\//.test(path);
    const isCronJobs = ({ path }: Passing): boolean => path.endsWith("/cronjobs");

    it("that serves only beta versions is read all the same", async () => {
      const spoils =
        () =>
        (passing: Passing): Fault | null => {
          const beta = /^\/apis\/(discovery\.k8s\.io|batch)\/v1beta1\//.exec(passing.path);
          if (beta !== null)
            return { kind: "older", path: passing.path.replace("/v1beta1/", "/v1/"), version: `${beta[1]}/v1beta1` };
          return isNew(passing) && (isCronJobs(passing) || !passing.path.includes("/batch/")) ? unserved : null;
        };
      for (const command of ["doctor", "resolve db-0.db -t A,SRV"]) {
        const { faults } = await judged(way(), command, spoils, true);
        expect(faults, command).toEqual([]);
        expect(way().faults()).toBeGreaterThan(1);
      }
    });

    it("that serves no slices and no jobs at all: nothing is called healthy", async () => {
      const spoils = () => (passing: Passing) =>
        /^\/apis\/(discovery\.k8s\.io|batch)\//.test(passing.path) ? unserved : null;
      for (const command of ["doctor", "doctor db", "resolve db-0.db -t A,SRV"]) {
        const { faults, result } = await judged(way(), command, spoils, false);
        expect(faults, command).toEqual([]);
        expect(result.outcome?.healthy, command).toEqual([]);
        expect(result.outcome?.unchecked.join("\n"), command).toContain(
          "does not serve endpointslices.discovery.k8s.io",
        );
      }
    });
  });

  describe("asking the replicas of cluster DNS", () => {
    const isForward = ({ path }: Passing): boolean => path.endsWith("/portforward");
    const breaks = (["reset", "end", "silence"] as const).flatMap((how) =>
      (how === "silence" ? [0, 450] : [0, 5, 60, 200, 450]).map((bytes) => ({ how, bytes })),
    );

    it("over forwarded ports that break: asked again, or unchecked, and no replica is blamed", async () => {
      const works = breaks.flatMap(({ how, bytes }) =>
        [1, Number.POSITIVE_INFINITY].map((times) => async (proxy: FaultProxy) => {
          const spoils = () => {
            let left = times;
            return (passing: Passing): Fault | null =>
              isForward(passing) && left-- > 0 ? { kind: "break", bytes, how } : null;
          };
          const { faults } = await judged(proxy, "doctor db --observe", spoils, false);
          const wrong = [...faults, ...(proxy.faults() > 0 ? [] : ["nothing was spoilt"])];
          return wrong.map((fault) => `${how} after ${bytes} bytes, ${times} times: ${fault}`);
        }),
      );
      expect(await onLanes(works)).toEqual([]);
    });
  });
});
