import { LINKS, type Link } from "../rules/rule.ts";

/** Worst first, as chain links and verdicts are sorted. `skipped` says nothing for or against a name. */
const LINK_STATUSES = ["broken", "warning", "unknown", "ok", "skipped"] as const;
export type LinkStatus = (typeof LINK_STATUSES)[number];

/** One link of a Service's path, with what was found there in one line. */
export interface ChainLink {
  readonly link: Link;
  readonly status: LinkStatus;
  readonly summary: string;
}

/** Worst first. */
export const VERDICTS = ["broken", "degraded", "unknown", "healthy"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The links that a chain holds, in order: `connect` only where a probe has tried the ports. */
export function chainLinks(probed: boolean): readonly Link[] {
  return probed ? LINKS : UNPROBED;
}
const UNPROBED = LINKS.filter((link) => link !== "connect");

/** What a chain says as a whole: `broken`, else `degraded`, else `unknown` where a link could not be judged, else `healthy`. */
export function verdictOf(chain: readonly ChainLink[]): Verdict {
  const has = (status: LinkStatus): boolean => chain.some((link) => link.status === status);
  return has("broken") ? "broken" : has("warning") ? "degraded" : has("unknown") ? "unknown" : "healthy";
}

/** The first broken link, else the first with a warning, else the first that could not be judged; null where healthy. */
export function worstLink(chain: readonly ChainLink[]): ChainLink | null {
  for (const status of ["broken", "warning", "unknown"] as const) {
    const found = chain.find((link) => link.status === status);
    if (found !== undefined) return found;
  }
  return null;
}
