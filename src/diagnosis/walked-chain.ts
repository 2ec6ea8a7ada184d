import { type Link, SEVERITIES, type Severity } from "../rules/rule.ts";
import type { ChainLink, LinkStatus } from "./chain.ts";
import type { Finding } from "./engine.ts";
import { LINK_LINES } from "./links/index.ts";
import type { LinkLine, LinkView } from "./links/view.ts";
import type { Suppressed } from "./suppression/ignore.ts";

/** What a chain is told from. */
interface ChainParts {
  readonly links: readonly Link[];
  readonly view: LinkView;
  /** Links of which some rule should have run and could not. */
  readonly failed: ReadonlySet<Link>;
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  /** Whether links in which nothing is wrong say what is there. */
  readonly tellsOk: boolean;
}

/** Every link's status from its worst finding, from what could not be run, and from what there was to look at. */
export function chainOf({ links, view, failed, findings, suppressed, tellsOk }: ChainParts): readonly ChainLink[] {
  let broken = false;
  return links.map((link): ChainLink => {
    const line = LINK_LINES[link](view);
    const ofLink = findings.filter((finding) => finding.link === link);
    const own = worst(ofLink);
    const brief = own === "info" ? undefined : ofLink.find(({ severity }) => severity === own)?.brief;
    const silenced = suppressed.filter(({ finding }) => finding.link === link);
    const status = statusOf({
      worst: own,
      // An error that was ignored is no error, but no health either.
      ignoredError: worst(silenced.map(({ finding }) => finding)) === "error",
      failed: failed.has(link),
      judged: line.judged,
      // What a client is answered follows from what is broken before it, and says nothing of its own.
      follows: broken && link === "answer",
    });
    const ignored =
      silenced.length === 0 ? "" : ` (ignored: ${silenced.map(({ finding }) => finding.rule).join(", ")})`;
    broken ||= status === "broken";
    if (status === "ok" && !tellsOk) return { link, status, summary: "" };
    const summary = typeof line.summary === "string" ? line.summary : line.summary();
    return { link, status, summary: `${summary}${brief === undefined ? "" : `; ${brief}`}${ignored}` };
  });
}

function statusOf(given: {
  readonly worst: Severity | null;
  readonly ignoredError: boolean;
  readonly failed: boolean;
  readonly judged: LinkLine["judged"];
  readonly follows: boolean;
}): LinkStatus {
  if (given.worst === "error") return "broken";
  if (given.worst === "warning" || given.ignoredError) return "warning";
  if (given.follows) return "skipped";
  if (given.failed || given.judged === "unknown") return "unknown";
  return given.judged === "no" ? "skipped" : "ok";
}

function worst(findings: readonly Finding[]): Severity | null {
  return SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? null;
}
