/**
 * How the single executable loads what import() loads elsewhere (scripts/build-binary.mjs puts this in its place): scripts
 * that lie in the executable itself, and beside each, for each command apart, what V8 had compiled of it by the end of a run.
 * Without that a run would compile the functions that it calls, which costs more than running them.
 */

/** Runs a script that was wrapped in `(function (module, require, url) {...})`, and returns its exports. */
export function runScript(name: string): unknown {
  const { getAsset, getAssetKeys, getRawAsset } = process.getBuiltinModule("node:sea");
  const { Script } = process.getBuiltinModule("node:vm");
  const command = /^[a-z]+$/.exec(process.argv[2] ?? "")?.[0] ?? "other";
  const code = `code/${name}/${command}`;
  const script = new Script(getAsset(`scripts/${name}`, "utf8"), {
    filename: `embedded:${name}`,
    ...(getAssetKeys().includes(code) ? { cachedData: Buffer.from(getRawAsset(code)) } : {}),
  });
  if (script.cachedDataRejected) {
    // Of another V8, or under other flags: nothing but time is lost. NODE_DEBUG=kheadless tells.
    process.getBuiltinModule("node:util").debuglog("kheadless")("V8 does not take %s", code);
  }
  const module = { exports: {} };
  const require = process.getBuiltinModule("node:module").createRequire(process.execPath);
  script.runInThisContext()(module, require, process.getBuiltinModule("node:url").pathToFileURL(process.execPath).href);
  return module.exports;
}
