import { nearNames } from "../../objects/near-names.ts";
import { CATALOGUE, ENGINE_RULES } from "../catalogue.ts";
import { docsOf, type Finding } from "../engine.ts";

/** A finding of `unused-suppression`. */
export function unusedFinding(
  finding: Pick<Finding, "object" | "field" | "location" | "message" | "remedy"> & Partial<Pick<Finding, "evidence">>,
): Finding {
  const { id, severity, link } = ENGINE_RULES.unusedSuppression;
  return { rule: id, severity, link, evidence: [], docs: docsOf(id), services: [], ...finding };
}

/** Why an ignore of that rule silences nothing there: the rule found nothing, or there is none of that name. */
export function whyUnused(rule: string): string {
  const ids = CATALOGUE.map(({ id }) => id);
  if (ids.includes(rule)) return "nothing was found there that it would silence.";
  const near = nearNames(rule, ids)[0];
  return near === undefined ? "there is no such rule." : `there is no such rule; did you mean ${near}?`;
}
