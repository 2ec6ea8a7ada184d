// Runs every "check:*" script of package.json, all of them even where one fails, and says at the end which failed.
// With CHECK_REPORT=FILE it also writes { "passed": [...], "failed": [...] } there.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { env, exit } from "node:process";

const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
/** @type {{ passed: string[], failed: string[] }} */
const report = { passed: [], failed: [] };

for (const step of Object.keys(scripts).filter((name) => name.startsWith("check:"))) {
  console.log(`\n== ${step}: ${scripts[step]}`);
  // npm has put node_modules/.bin on PATH; a shell finds the .cmd files there on Windows.
  const { status } = spawnSync(scripts[step], { shell: true, stdio: "inherit" });
  report[status === 0 ? "passed" : "failed"].push(step);
}

if (env.CHECK_REPORT) writeFileSync(env.CHECK_REPORT, JSON.stringify(report));
console.log(`\npassed: ${report.passed.join(", ") || "none"}`);
if (report.failed.length > 0) console.log(`failed: ${report.failed.join(", ")}`);
exit(report.failed.length > 0 ? 1 : 0);
