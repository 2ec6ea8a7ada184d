/**
 * What commands on files cost: how fast kheadless starts beside bare Node, and how lint grows with its input.
 * Run by `npm run bench:files`. Ratios are what counts: both sides are measured in the same run.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../../scripts/bundle.mjs";
import { writeManifests } from "./manifests.ts";
import { type Contestant, type Cost, measureNode, medianRun, timeTable } from "./measure.ts";

const BIN = fileURLToPath(new URL("../../bin/kheadless.js", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../examples/mysql-selector-typo.yaml", import.meta.url));
const SIZES = [200, 1_000, 5_000, 10_000];

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, cost: Cost, against: Cost): void =>
  out(
    `${name.padEnd(34)} ${cost.milliseconds.toFixed(0).padStart(6)} ms  ${(cost.milliseconds / against.milliseconds).toFixed(2).padStart(6)} x  ${cost.mebibytes.toFixed(0).padStart(5)} MiB`,
  );

/** Start, beside bare Node: installed as files, and as the single executable where it is built. */
const commands: Readonly<Record<string, readonly string[]>> = {
  "--version": ["--version"],
  "lint, one file": ["lint", EXAMPLE],
  "doctor, one file": ["doctor", "mysql", "-f", EXAMPLE],
};
const contestants: readonly Contestant[] = [
  { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
  ...Object.entries(commands).flatMap(([name, args]) => [
    { name: `bin/kheadless.js ${name}`, command: process.execPath, args: [BIN, ...args] },
    ...(existsSync(binary) ? [{ name: `dist/kheadless ${name}`, command: binary, args }] : []),
  ]),
  // As in CI, where each run is the first.
  {
    name: "bin/kheadless.js lint, one file, nothing kept",
    command: "env",
    args: ["NODE_DISABLE_COMPILE_CACHE=1", process.execPath, BIN, "lint", EXAMPLE],
  },
];
const folder = mkdtempSync(join(tmpdir(), "kheadless-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
// Kept code is that of a command's first run: one over another input would have compiled other functions.
process.env.NODE_COMPILE_CACHE = join(folder, "code");
out(`Node ${process.version}\n`);
out(timeTable(contestants));
if (!existsSync(binary)) out("dist/kheadless is not built (npm run build:binary), so it is not measured.");
out("");
for (const [name, args] of Object.entries(commands)) {
  const { mebibytes } = medianRun(3, () => measureNode([BIN, ...args]));
  out(`bin/kheadless.js ${name}: at most ${mebibytes.toFixed(0)} MiB`);
}

out("\nkheadless lint, by documents (beside the smallest)\n");
let smallest: Cost | undefined;
for (const size of SIZES) {
  const home = join(folder, String(size));
  const files = writeManifests(home, size);
  const cost = medianRun(3, () => measureNode([BIN, "lint", home]));
  // A lint that found nothing, or failed, would be measured for something else: one Service in fifty is broken.
  if (cost.exitCode !== 1) throw new Error(`lint of ${size} documents ended with ${cost.exitCode}, not 1`);
  smallest ??= cost;
  row(`${size} documents in ${files} files`, cost, smallest);
}
