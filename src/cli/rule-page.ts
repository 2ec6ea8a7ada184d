import { packageFile } from "./package-file.ts";

/** A rule's page, which the package brings along; null where it is not there. */
export async function rulePage(rule: string): Promise<string | null> {
  return packageFile(`docs/rules/${rule}.md`);
}
