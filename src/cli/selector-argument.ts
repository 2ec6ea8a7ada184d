import { parseSelectorText } from "../kubernetes/selector-text.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { UsageError } from "./errors.ts";

/** Reads what stands behind `-l`. Throws UsageError. */
export function selectorArgument(text: string): LabelSelector {
  const selector = parseSelectorText(text);
  if (selector !== null) return selector;
  throw new UsageError(
    `-l ${JSON.stringify(text)} is no label selector: write app=mysql, app!=mysql or "app in (a,b)"`,
  );
}
