import type { LabelSelector } from "../objects/workload.ts";
import { UsageError } from "./errors.ts";

type Requirement = LabelSelector["matchExpressions"][number];

/**
 * Reads `-l`: `app=mysql`, `tier!=db`, `app in (a, b)`, `app notin (a)`, `app`, `!app`, several with commas (mirrors
 * apimachinery labels.Parse, without its numeric comparisons). Throws UsageError.
 */
export function parseLabelSelector(text: string): LabelSelector {
  const matchExpressions = splitOutsideParentheses(text).map((part) => parseRequirement(part.trim(), text));
  return { matchLabels: {}, matchExpressions };
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(part: string, whole: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(part);
  if (set?.[1] !== undefined) {
    const values = (set[3] ?? "").split(",").map((value) => value.trim());
    return { key: set[1], operator: set[2] === "in" ? "In" : "NotIn", values };
  }
  const equal = /^([^\s=!]+)\s*(==|!=|=)\s*([^\s=!]*)$/.exec(part);
  if (equal?.[1] !== undefined) {
    return { key: equal[1], operator: equal[2] === "!=" ? "NotIn" : "In", values: [equal[3] ?? ""] };
  }
  const bare = /^(!?)\s*([^\s=!()]+)$/.exec(part);
  if (bare?.[2] !== undefined) {
    return { key: bare[2], operator: bare[1] === "!" ? "DoesNotExist" : "Exists", values: [] };
  }
  throw new UsageError(
    `-l ${JSON.stringify(whole)} is not a label selector: write app=mysql, app!=mysql or "app in (a,b)"`,
  );
}
