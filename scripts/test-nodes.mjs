// Runs the tests on every Node that package.json promises. The npm package `node` brings each of them.
// Arguments go to vitest: npm run test:nodes -- test/dns
import { execFileSync, spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { argv, env, exit } from "node:process";
import { fileURLToPath } from "node:url";

const versions = ["22.19.0", "24.21.0", "26.10.0"];
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");

const failed = versions.filter((version) => {
  console.log(`\n== Node ${version}`);
  const shell = process.platform === "win32";
  const where = ["-y", "-p", `node@${version}`, "--", "node", "-p", "process.execPath"];
  const node = execFileSync("npx", where, {
    cwd: root,
    encoding: "utf8",
    shell,
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();
  const got = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  if (got !== `v${version}`) throw new Error(`asked npx for Node ${version}, got ${got} (${node})`);
  const PATH = `${dirname(node)}${delimiter}${env.PATH}`;
  const { status } = spawnSync(node, [vitest, "run", ...argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...env, PATH },
  });
  return status !== 0;
});

console.log(failed.length > 0 ? `\nfailed on Node ${failed.join(", ")}` : `\npassed on Node ${versions.join(", ")}`);
exit(failed.length > 0 ? 1 : 0);
