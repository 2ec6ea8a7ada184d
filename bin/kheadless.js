#!/usr/bin/env node
// Only syntax that old versions of Node read too: they must reach the line that says what is wrong.
// Node's modules are not imported where a global does: an import touches each export, and loads what stands behind it.
import module from "node:module";

const version = process.versions.node;
const [major = 0, minor = 0] = version.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`kheadless needs Node 22.19 or newer; this is Node ${version}\n`);
  process.exitCode = 2;
} else {
  if (module.enableCompileCache) module.enableCompileCache();
  import(new URL("../dist/main.js", import.meta.url).href)
    .then(({ main }) => main(process.argv.slice(2), process))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        // Node's own exit code for a crash, 1, would read as "findings".
        process.stderr.write(`kheadless crashed: ${error.stack}\n`);
        process.exitCode = 3;
      },
    );
}
