/**
 * What `lint` of 10,000 documents costs beside kubeconform and kube-score on the same files, and beside twice as many.
 * Run by `npm run bench:lint`; peers are measured where they are given:
 *
 *   npm run bench:lint -- --kubeconform PATH --swagger PATH --kube-score PATH [--times N]
 *
 * `swagger` is api/openapi-spec/swagger.json of Kubernetes' source: kubeconform's schemas are made of it, and read from
 * disk. All are run in turn, as fresh processes, so that a busy machine is busy for all of them; ratios are of the minima,
 * which other work disturbs least, and of the medians.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeManifests } from "./manifests.ts";
import { measureNode } from "./measure.ts";
import { writeSchemas } from "./schemas.ts";

const BIN = fileURLToPath(new URL("../../bin/kheadless.js", import.meta.url));
const DOCUMENTS = 10_000;

const { values } = parseArgs({
  options: {
    kubeconform: { type: "string" },
    swagger: { type: "string" },
    "kube-score": { type: "string" },
    times: { type: "string", default: "5" },
  },
});

interface Seen {
  readonly milliseconds: number;
  readonly mebibytes: number | null;
}

interface Contender {
  readonly name: string;
  /** Milliseconds, and MiB where they can be told. Throws where the run failed: its time says nothing. */
  run(): Seen;
  readonly seen: Seen[];
}

function lintOf(name: string, folder: string): Contender {
  return {
    name,
    seen: [],
    run() {
      const cost = measureNode([BIN, "lint", folder]);
      // One Service in fifty has a typo: a lint that found nothing, or failed, was measured for something else.
      if (cost.exitCode !== 1) throw new Error(`${name} ended with ${cost.exitCode}, not 1`);
      return cost;
    },
  };
}

function peer(name: string, command: string, args: readonly string[], exitCodes: readonly number[]): Contender {
  return {
    name,
    seen: [],
    run() {
      const started = process.hrtime.bigint();
      const { status, error, stderr } = spawnSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
      const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
      if (error !== undefined) throw error;
      if (status === null || !exitCodes.includes(status)) throw new Error(`${name} ended with ${status}: ${stderr}`);
      return { milliseconds, mebibytes: null };
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), "kheadless-bench-"));
try {
  const [small, large] = [join(folder, "one"), join(folder, "two")];
  writeManifests(small, DOCUMENTS);
  writeManifests(large, 2 * DOCUMENTS);
  const contenders = [lintOf("kheadless lint", small), lintOf("kheadless lint, twice as many", large)];
  if (values.kubeconform !== undefined && values.swagger !== undefined) {
    const schemas = writeSchemas(values.swagger, join(folder, "schemas"));
    contenders.push(peer("kubeconform", values.kubeconform, ["-schema-location", schemas, small], [0]));
  }
  if (values["kube-score"] !== undefined) {
    const files = readdirSync(small, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));
    const paths = files.map((file) => join(small, file));
    contenders.push(peer("kube-score", values["kube-score"], ["score", ...paths], [0, 1]));
  }
  for (let time = 0; time < Number(values.times); time += 1) {
    for (const contender of contenders) contender.seen.push(contender.run());
  }

  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  out(`Node ${process.version}; ${DOCUMENTS} documents, ${values.times} runs each, in turn\n`);
  out(`${"".padEnd(32)} ${"least".padStart(9)} ${"median".padStart(9)}  lint beside it (least, median)  peak memory`);
  const [lint] = contenders;
  for (const { name, seen } of contenders) {
    const [least, median] = summed(seen);
    const [own, ownMedian] = summed(lint?.seen ?? []);
    const memory = seen.reduce<number | null>(
      (most, { mebibytes }) => Math.max(most ?? 0, mebibytes ?? 0) || null,
      null,
    );
    out(
      `${name.padEnd(32)} ${least.toFixed(0).padStart(6)} ms ${median.toFixed(0).padStart(6)} ms  ${(own / least).toFixed(2).padStart(10)} ${(ownMedian / median).toFixed(2).padStart(7)}  ${memory === null ? "" : `${memory.toFixed(0)} MiB`.padStart(22)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The least and the middle of what was seen, in milliseconds. */
function summed(seen: readonly { readonly milliseconds: number }[]): readonly [number, number] {
  const sorted = seen.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return [sorted[0] ?? Number.NaN, sorted[Math.floor(sorted.length / 2)] ?? Number.NaN];
}
