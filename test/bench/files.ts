/**
 * What commands on files cost: how fast kheadless starts beside bare Node, and how lint grows with its input.
 * Run by `npm run bench:files`. Ratios are what counts: both sides are measured in the same run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeManifests } from "./manifests.ts";
import { type Cost, measureNode, medianRun } from "./measure.ts";

const BIN = fileURLToPath(new URL("../../bin/kheadless.js", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../examples/mysql-selector-typo.yaml", import.meta.url));
const SIZES = [200, 1_000, 5_000, 10_000];

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (name: string, cost: Cost, against: Cost): void =>
  out(
    `${name.padEnd(34)} ${cost.milliseconds.toFixed(0).padStart(6)} ms  ${(cost.milliseconds / against.milliseconds).toFixed(2).padStart(6)} x  ${cost.mebibytes.toFixed(0).padStart(5)} MiB`,
  );

out(`Node ${process.version}; medians\n`);
const bare = medianRun(15, () => measureNode(["-e", "0"]));
row("node -e 0", bare, bare);
row(
  "kheadless --version",
  medianRun(15, () => measureNode([BIN, "--version"])),
  bare,
);
row(
  "kheadless lint, one file",
  medianRun(15, () => measureNode([BIN, "lint", EXAMPLE])),
  bare,
);
row(
  "kheadless doctor, one file",
  medianRun(15, () => measureNode([BIN, "doctor", "mysql", "-f", EXAMPLE])),
  bare,
);

out("\nkheadless lint, by documents (beside the smallest)\n");
const folder = mkdtempSync(join(tmpdir(), "kheadless-bench-"));
try {
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
} finally {
  rmSync(folder, { recursive: true, force: true });
}
