import type { Verdict } from "../diagnosis/chain.ts";
import type { Severity } from "../rules/rule.ts";
import { SEVERITIES } from "../rules/rule.ts";

export const FAIL_ON = [...SEVERITIES, "never"] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** What of a report decides how the program ends. */
export interface Judged {
  readonly findings: readonly { readonly severity: Severity }[];
  readonly unchecked: readonly { readonly byNature: boolean }[];
  readonly services: readonly { readonly verdict: Verdict }[];
  /** Lists that could not be read, so that Services may be missing. */
  readonly notRead: readonly unknown[];
  /** Rules that ended in an exception. */
  readonly crashes: readonly unknown[];
}

/**
 * 1: a finding at or above `failOn`. Else 3: something could not be judged that was asked for. Else 0. Doctor was asked
 * whether the names work, so that whatever could not be judged counts; lint was asked what is wrong in the manifests, and
 * what these cannot tell is only listed.
 */
export function exitCode(command: "doctor" | "lint", judged: Judged, failOn: FailOn): 0 | 1 | 3 {
  if (failOn !== "never" && judged.findings.some(({ severity }) => isAtLeast(severity, failOn))) return 1;
  if (judged.crashes.length > 0) return 3;
  if (command === "lint") return 0;
  const blind =
    judged.notRead.length > 0 ||
    judged.unchecked.some(({ byNature }) => !byNature) ||
    judged.services.some(({ verdict }) => verdict === "unknown");
  return blind ? 3 : 0;
}

/** Whether a severity is that bad, or worse. */
export function isAtLeast(severity: Severity, limit: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(limit);
}
