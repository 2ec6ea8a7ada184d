// npm run bench: a large cluster is read by kheadless and by its peers, as fresh processes in turn.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openApi, withFakeNodes } from "../../cluster/cluster.ts";
import { up } from "../../cluster/one-machine.ts";
import { onPath } from "../../cluster/run.ts";
import { adminKubeconfig } from "../../cluster/settings.ts";
import { BROKEN_ONE_IN, load, NODES, REPLICAS, unload } from "./load.ts";

const { values } = parseArgs({
  options: {
    /** One after the other, in the same cluster: 10000,30000. */
    pods: { type: "string", default: "10000" },
    runs: { type: "string", default: "5" },
    /** Leaves the load to `npm run cluster:down`: taking 30,000 Pods away takes as long as making them. */
    keep: { type: "boolean", default: false },
  },
});
/** From then on `scan` need not read a Pod whose status is as it was (src/sources/cluster/pods/stand-in.ts). */
const CALM_MILLISECONDS = 100_000;
const BIN = fileURLToPath(new URL("../../../bin/kheadless.js", import.meta.url));
const BARE = fileURLToPath(new URL("./bare.ts", import.meta.url));

interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Cost {
  readonly seconds: number;
  /** Peak resident memory, MiB. */
  readonly mebibytes: number;
}

function contestants(kubeconfig: string): readonly Contestant[] {
  const access = ["--kubeconfig", kubeconfig];
  const lists = "svc,endpointslices,pods,statefulsets";
  return [
    ...[[], ["--full"]].map((how) => ({
      name: ["kheadless scan -A", ...how].join(" "),
      command: process.execPath,
      args: [BIN, "scan", "-A", "--fail-on", "never", ...how, ...access],
    })),
    { name: "bare protobuf reads of the same lists", command: process.execPath, args: [BARE, kubeconfig] },
    { name: "kubectl get pods -A", command: "kubectl", args: ["get", "pods", "-A", ...access] },
    {
      name: `kubectl get ${lists} -A -o json`,
      command: "kubectl",
      args: ["get", lists, "-A", "-o", "json", ...access],
    },
    ...(onPath("popeye")
      ? [{ name: "popeye -A -s svc,po,sts", command: "popeye", args: ["-A", "-s", "svc,po,sts", ...access] }]
      : []),
  ];
}

/** One run as a fresh process, its output thrown away. */
async function measure({ command, args, name }: Contestant): Promise<Cost> {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  let peak = 0;
  const look = setInterval(() => {
    try {
      const [, kibibytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      peak = Math.max(peak, Number(kibibytes) / 1024);
    } catch {
      // It has ended.
    }
  }, 10);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(look);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  // popeye ends with 1 where it has something to say.
  if (code !== 0 && command !== "popeye") throw new Error(`${name} ended with ${code}: ${complaint.slice(-500)}`);
  return { seconds, mebibytes: peak };
}

function medianOf(costs: readonly Cost[]): Cost {
  const sorted = [...costs].sort((a, b) => a.seconds - b.seconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("at least one run is needed");
  return middle;
}

async function compare(pods: number): Promise<void> {
  const services = Math.ceil(pods / REPLICAS);
  say(`making ${services} Services with ${services * REPLICAS} Pods, one Service in ${BROKEN_ONE_IN} broken`);
  await load(api, services, say);
  say("waiting until no Pod is young any more");
  await setTimeout(CALM_MILLISECONDS);
  const costs = new Map<Contestant, Cost[]>(contestants(adminKubeconfig).map((one) => [one, []]));
  // In turn, so that whatever else the machine does meets all alike.
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [contestant, found] of costs) {
      const cost = await measure(contestant);
      found.push(cost);
      say(`${contestant.name}: ${cost.seconds.toFixed(2)} s, ${cost.mebibytes.toFixed(0)} MiB`);
    }
  }
  const [less, full] = [...costs].map(([, found]) => medianOf(found).seconds);
  console.log(`\n${services * REPLICAS} Pods, ${services} headless Services; medians of ${values.runs}\n`);
  console.log("| what | wall | scan takes of it | with --full | peak memory |\n|---|---|---|---|---|");
  for (const [{ name }, found] of costs) {
    const { seconds, mebibytes } = medianOf(found);
    const ratios = [less, full].map((own = Number.NaN) => (own / seconds).toFixed(3)).join(" | ");
    console.log(`| \`${name}\` | ${seconds.toFixed(2)} s | ${ratios} | ${mebibytes.toFixed(0)} MiB |`);
  }
}

const say = (text: string) => console.error(`bench: ${text}`);
await up();
const api = await openApi(adminKubeconfig);
await withFakeNodes(api, NODES, async () => {
  try {
    for (const pods of values.pods.split(",")) await compare(Number(pods));
    console.log(`\nNode ${process.versions.node}, ${versionOf("kubectl", ["version", "--client"])}`);
  } finally {
    if (!values.keep) {
      say("taking the load away");
      await unload(api);
    }
  }
});
api.close();

function versionOf(command: string, args: readonly string[]): string {
  const { stdout } = spawnSync(command, args, { encoding: "utf8" });
  return `${command} ${stdout.split("\n")[0] ?? ""}`;
}
