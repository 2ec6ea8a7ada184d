// What npm runs after an install from a checkout, and before one from git. `npm install --global git+https://...` hands its
// own --global down to the install in the clone, which then lacks the packages that the build needs: they are brought here.
import { execSync } from "node:child_process";
import { dirname, resolve } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

try {
  import.meta.resolve("esbuild");
} catch {
  const { npm_config_global: _global, npm_config_location: _location, npm_config_prefix: _prefix, ...rest } = env;
  execSync("npm ci --ignore-scripts --include=dev --no-audit", { cwd: root, env: rest, stdio: "inherit" });
}
const { build } = await import("./build.mjs");
await build({ clean: true });
