// Preloaded into plain Node where build-binary.mjs runs the executable's scripts for each command: gives them the files of
// the folder KHEADLESS_ASSETS for what will be embedded, and puts there what V8 has compiled by the end of the run.
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { dirname, join, sep } = require("node:path");
const { argv, env } = require("node:process");
const sea = require("node:sea");
const v8 = require("node:v8");
const vm = require("node:vm");

const folder = env.KHEADLESS_ASSETS ?? "";
const keys = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((key) => key.replaceAll(sep, "/"));
/** @type {Map<string, vm.Script>} by where its compiled code goes */
const scripts = new Map();

Object.assign(sea, {
  isSea: () => true,
  getAssetKeys: () => keys,
  getAsset: (/** @type {string} */ key) => readFileSync(join(folder, key), "utf8"),
  getRawAsset(/** @type {string} */ key) {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, key));
    return buffer.slice(byteOffset, byteOffset + byteLength);
  },
});
vm.Script = class extends vm.Script {
  /** @param {string} text @param {vm.ScriptOptions} options */
  constructor(text, options) {
    super(text, options);
    const [, name] = /^embedded:(.+)$/.exec(options.filename ?? "") ?? [];
    if (this.cachedDataRejected) throw new Error(`V8 does not take its own code of ${name}`);
    if (name !== undefined) scripts.set(join(folder, "code", name, argv[2]?.replace(/^-.*/, "") || "other"), this);
  }
};
process.on("exit", () => {
  // V8 takes code only under the flags that it was made under. What reads a lot sets this one, which is 2 by default.
  v8.setFlagsFromString("--semi-space-growth-factor=2");
  for (const [file, script] of scripts) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, script.createCachedData());
  }
});
