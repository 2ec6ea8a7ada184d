import { CATALOGUE, type RuleEntry } from "../../diagnosis/catalogue.ts";
import { docsOf } from "../../diagnosis/engine.ts";
import { nearNames } from "../../objects/near-names.ts";
import { toJson, toYaml } from "../../report/data.ts";
import { pageText, rulesText } from "../../report/explain.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { OutputOptions } from "../options.ts";
import { writeOutputs } from "../output.ts";
import { rulePage } from "../rule-page.ts";

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

async function pageOf(rule: string): Promise<string> {
  const page = await rulePage(rule);
  if (page === null) throw new UsageError(`the page of ${rule} is not in this installation; see ${docsOf(rule)}`);
  return page;
}
