import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A rule's page, which the package brings along; null where it is not there. */
export async function rulePage(rule: string): Promise<string | null> {
  // Bundled or not, the pages lie in a folder somewhere above this file.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "docs", "rules", `${rule}.md`), "utf8").catch(() => null);
    if (text !== null || dirname(folder) === folder) return text;
  }
}
