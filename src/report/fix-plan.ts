import { describeRef } from "../objects/meta.ts";
import { cleanDocument } from "./clean.ts";
import type { ReportDocument } from "./document.ts";
import type { Style } from "./style.ts";

/**
 * The commands of all remedies, in the order in which the findings are to be mended, as a script to read and then to run:
 * what is prose begins with `#`. The same remedy of two findings stands once.
 */
export function fixPlanText(document: ReportDocument, style: Style): string {
  const report = cleanDocument(document, style.unicode);
  const seen = new Set<string>();
  const steps = report.findings.flatMap(({ severity, rule, object, remedy }) => {
    if (remedy === "" || seen.has(remedy)) return [];
    seen.add(remedy);
    const about = object === null ? "" : `: ${describeRef(object)}`;
    return [`# ${severity} ${rule}${about}\n${remedy}`];
  });
  if (steps.length === 0) return "# nothing to fix\n";
  return `${["# Read before you run it: kheadless ran none of this.", ...steps].join("\n\n")}\n`;
}
