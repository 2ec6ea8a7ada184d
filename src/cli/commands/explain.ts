import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CATALOGUE, type RuleEntry } from "../../diagnosis/catalogue.ts";
import { docsOf } from "../../diagnosis/engine.ts";
import { nearNames } from "../../objects/near-names.ts";
import { toJson, toYaml } from "../../report/data.ts";
import { pageText, rulesText } from "../../report/explain.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { OutputOptions } from "../options.ts";
import { writeOutputs } from "../output.ts";

export async function explain(rule: string | undefined, options: OutputOptions, context: Context): Promise<void> {
  const entries = rule === undefined ? CATALOGUE : [entryOf(rule, context)];
  const page = rule === undefined ? null : await pageOf(rule);
  const documents = entries.map((entry) => ({ ...entry, docs: docsOf(entry.id) }));
  const data =
    page === null ? { apiVersion: "kheadless/v1", kind: "RuleList", items: documents } : { ...documents[0], page };
  await writeOutputs(
    (format, style) => {
      switch (format) {
        case "json":
          return toJson(data);
        case "yaml":
          return toYaml(data);
        case "name":
          return entries.map(({ id }) => `${id}\n`).join("");
        case "text":
        case "wide":
          return page === null ? rulesText(entries, style) : pageText(page, style);
      }
    },
    options,
    context,
  );
  context.end(0);
}

function entryOf(rule: string, { program }: Context): RuleEntry {
  const found = CATALOGUE.find(({ id }) => id === rule);
  if (found !== undefined) return found;
  const near = nearNames(
    rule,
    CATALOGUE.map(({ id }) => id),
  );
  const meant = near.length === 0 ? `${program} explain lists them all` : `did you mean ${near.join(" or ")}?`;
  throw new UsageError(`there is no rule ${rule}; ${meant}`);
}

/** The rule's page, which the package brings along. */
async function pageOf(rule: string): Promise<string> {
  // Bundled or not, the pages lie in a folder somewhere above this file.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "docs", "rules", `${rule}.md`), "utf8").catch(() => null);
    if (text !== null) return text;
    if (dirname(folder) === folder)
      throw new UsageError(`the page of ${rule} is not in this installation; see ${docsOf(rule)}`);
  }
}
