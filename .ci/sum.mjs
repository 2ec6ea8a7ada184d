// Sums up what .ci/run left in a folder: reports of vitest (JSON), of scripts/check.mjs, and the exit code of each part.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { argv, exit } from "node:process";

const folder = argv[2] ?? ".";
const reported = new Set(["test", "hosts", "check", "cluster"]);
const total = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} file */
const read = (file) => readFileSync(join(folder, file), "utf8").trim();

/** @param {string} part @returns {typeof total} */
function countsOf(part) {
  if (!reported.has(part)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(read(`${part}.json`));
  if (part === "check") return { passed: report.passed.length, failed: report.failed.length, skipped: 0 };
  // A file that cannot even be loaded has no tests in it: it counts as one that failed.
  const unloaded = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" && !file.assertionResults.some((/** @type {any} */ test) => test.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * Tests of a part that failed first and passed when they ran again: counted as passed, and never silently.
 * @param {string} part
 */
function retriedOf(part) {
  if (!reported.has(part) || part === "check") return [];
  return JSON.parse(read(`${part}.json`))
    .testResults.flatMap((/** @type {any} */ file) => file.assertionResults)
    .filter((/** @type {any} */ test) => test.status === "passed" && test.failureMessages.length > 0)
    .map((/** @type {any} */ test) => `${test.fullName}: ${test.failureMessages[0].split("\n")[0]}`);
}

console.log("");
for (const file of readdirSync(folder).sort()) {
  const [part = "", kind] = file.split(".");
  if (kind === "skipped") {
    total.skipped += 1;
    console.log(`${part}: skipped: ${read(file)}`);
  }
  if (kind !== "exit") continue;

  const status = Number(read(file));
  let counts = { passed: 0, failed: 0, skipped: 0 };
  let note = "";
  try {
    counts = countsOf(part);
    for (const retried of retriedOf(part)) console.log(`${part}: failed first, passed when run again: ${retried}`);
  } catch (error) {
    counts.failed = 1;
    note = existsSync(join(folder, `${part}.json`)) ? `, its report cannot be read: ${error}` : ", without a report";
  }
  if (status !== 0 && counts.failed === 0) {
    counts.failed = 1;
    note += `, exit code ${status}`;
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  console.log(`${part}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${note}`);
}
if (total.passed === 0 && total.failed === 0) total.failed = 1;

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
exit(total.failed > 0 ? 1 : 0);
