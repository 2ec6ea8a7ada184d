/**
 * The text of a file that the package brings along, by its path in the package (`docs/rules/port-unnamed.md`): read from the
 * folder that the package lies in, or out of the single executable. null where it is not there.
 */
export function packageFile(path: string): string | null {
  // Not imported: that would load much of Node for every command.
  const { isSea, getAsset, getAssetKeys } = process.getBuiltinModule("node:sea");
  if (isSea()) return getAssetKeys().includes(path) ? getAsset(path, "utf8") : null;
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const { dirname, join } = process.getBuiltinModule("node:path");
  // Bundled or not, this file lies somewhere below the package's folder.
  let folder = process.getBuiltinModule("node:url").fileURLToPath(import.meta.url);
  while (dirname(folder) !== folder) {
    folder = dirname(folder);
    try {
      return readFileSync(join(folder, path), "utf8");
    } catch {
      // Further up.
    }
  }
  return null;
}
