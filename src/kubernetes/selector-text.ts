import type { LabelSelector } from "../objects/workload.ts";

type Requirement = LabelSelector["matchExpressions"][number];

/**
 * Reads a label selector as text: `app=web,tier in (a, b),!old`. Mirrors apimachinery labels.Parse and
 * metav1.ParseToLabelSelector: equality becomes an In with one value, so several on one key must all hold. null where
 * the text is no selector (or compares numbers, which a LabelSelector cannot).
 */
export function parseSelectorText(text: string): LabelSelector | null {
  const matchExpressions: Requirement[] = [];
  const term =
    /^\s*(?:(!)\s*)?([A-Za-z0-9_./-]+)\s*(?:(notin|in)\s*\(([^()]*)\)|(==|=|!=)\s*([A-Za-z0-9_.-]*))?\s*(,|$)/;
  let rest = text;
  if (rest.trim() === "") return { matchLabels: {}, matchExpressions };
  for (let more = true; more; ) {
    const found = term.exec(rest);
    if (found === null) return null;
    const [whole, not, key = "", set, list = "", comparison, value = "", end] = found;
    if (not !== undefined && (set !== undefined || comparison !== undefined)) return null;
    if (set !== undefined) {
      const values = list.split(",").map((item) => item.trim());
      matchExpressions.push({ key, operator: set === "in" ? "In" : "NotIn", values });
    } else if (comparison !== undefined) {
      matchExpressions.push({ key, operator: comparison === "!=" ? "NotIn" : "In", values: [value] });
    } else {
      matchExpressions.push({ key, operator: not === undefined ? "Exists" : "DoesNotExist", values: [] });
    }
    rest = rest.slice(whole.length);
    more = end === ",";
  }
  return { matchLabels: {}, matchExpressions };
}
