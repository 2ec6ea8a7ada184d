import type { ChainLink } from "../diagnosis/chain.ts";
import { permissionsText, readPermissions } from "../objects/permission.ts";
import { LINKS, type Link } from "../rules/rule.ts";
import { prose } from "./blocks.ts";
import type { ReportDocument } from "./document.ts";
import type { Style } from "./style.ts";

const LABEL = "Not checked: ";

/**
 * What could not be judged, by reason: `Not checked: pods, readiness (reason)`. By link, but for links that were told of
 * (`told`) with that reason, of which the source by its nature holds nothing more, or of which nobody asked for more. With `everything` by the rules' own
 * ids, all of them.
 */
export function uncheckedLines(
  report: ReportDocument,
  everything: boolean,
  style: Style,
  told: readonly ChainLink[] = [],
): readonly string[] {
  const byReason = new Map<string, Set<string>>();
  const add = (reason: string, what: string): void => {
    byReason.set(reason, (byReason.get(reason) ?? new Set()).add(what));
  };
  const links = report.services.flatMap(({ chain }) => chain);
  const blank = new Set(links.filter(({ status }) => status === "skipped").map(({ link }) => link));
  const isTold = (link: Link, reason: string, byNature: boolean): boolean =>
    told.some((one) => one.link === link && (byNature || one.summary.includes(reason)));
  for (const { reason, link, rule, byNature, unasked } of report.unchecked) {
    if (everything) add(reason, rule);
    else if (unasked) continue;
    else if ((!byNature || blank.has(link)) && !isTold(link, reason, byNature)) add(reason, link);
  }
  const listed = new Set(report.unchecked.map(({ link }) => link));
  for (const { link, status, summary } of links) {
    if (status === "unknown" && !listed.has(link) && !isTold(link, summary, false)) add(summary, link);
  }
  for (const { resource, reason } of report.notRead) add(reason, resource);
  const indent = " ".repeat(LABEL.length);
  return byPermissions(byReason)
    .flatMap(([reason, what]) => prose(`${inOrder(what).join(", ")} (${reason})`, LABEL.length, style))
    .map((line, at) => style.paint("dim", `${at === 0 ? LABEL : indent}${line}`));
}

/** What only permissions are missing for is one entry for each user, however many reasons it had. */
function byPermissions(
  byReason: ReadonlyMap<string, ReadonlySet<string>>,
): readonly (readonly [string, ReadonlySet<string>])[] {
  const entries = [...byReason].map(([reason, what]) => ({ reason, what, missing: readPermissions(reason) }));
  const users = Map.groupBy(entries, ({ reason, missing }) => missing?.[0]?.user ?? `\0${reason}`);
  return [...users.values()].map((group) => {
    const what = new Set(group.flatMap((entry) => [...entry.what]));
    const missing = group.flatMap((entry) => entry.missing ?? []);
    return [missing.length === 0 ? (group[0]?.reason ?? "") : permissionsText(missing), what];
  });
}

/** Links in the order of the path; anything else in the order in which it was met, behind them. */
function inOrder(what: ReadonlySet<string>): readonly string[] {
  const links = LINKS.filter((link) => what.has(link));
  return [...links, ...[...what].filter((one) => !(links as readonly string[]).includes(one))];
}
