import { CATALOGUE, type RuleEntry } from "../../diagnosis/catalogue.ts";
import { docsOf } from "../../diagnosis/engine.ts";
import { meantInstead } from "../../objects/near-names.ts";
import { pageText, rulesText } from "../../report/explain.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { OutputOptions } from "../options.ts";
import { writeAnswer } from "../output.ts";
import { rulePage } from "../rule-page.ts";

/** Shows a rule's page, or all rules in a table. Throws UsageError for a rule that there is not. */
export async function explain(rule: string | undefined, options: OutputOptions, context: Context): Promise<void> {
  const entries = rule === undefined ? CATALOGUE : [entryOf(rule, context)];
  const page = rule === undefined ? null : await pageOf(rule);
  const documents = entries.map((entry) => ({ ...entry, docs: docsOf(entry.id) }));
  const data =
    page === null
      ? { apiVersion: "kheadless/v1", kind: "RuleList", items: documents }
      : { apiVersion: "kheadless/v1", kind: "Rule", ...documents[0], page };
  await writeAnswer(
    {
      data,
      names: entries.map(({ id }) => id),
      text: (style) => (page === null ? rulesText(entries, style) : pageText(page, style)),
    },
    options,
    context,
  );
  context.end(0);
}

function entryOf(rule: string, { program }: Context): RuleEntry {
  const found = CATALOGUE.find(({ id }) => id === rule);
  if (found !== undefined) return found;
  const known = CATALOGUE.map(({ id }) => id);
  const meant = meantInstead(rule, known, `${program} explain lists them all`);
  throw new UsageError(`there is no rule ${rule}; ${meant}`);
}

async function pageOf(rule: string): Promise<string> {
  const page = await rulePage(rule);
  if (page === null) throw new UsageError(`the page of ${rule} is not in this installation; see ${docsOf(rule)}`);
  return page;
}
