import type { Location } from "../../objects/origin.ts";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import type { Finding } from "../engine.ts";
import type { Suppressor } from "../suppression.ts";
import { unusedFinding, whyUnused } from "./unused.ts";

/** So many lines away a comment is likely to have been meant for a finding. */
const NEAR = 10;

/** What comments in manifests silence: on their lines, and above a document also on the path of a Service in it. */
export function ignoresOfComments(comments: readonly IgnoreComment[]): Suppressor {
  const used = new Set<string>();
  /** Where findings stand that no comment speaks for: one may just have missed its line. */
  const missed = new Map<string, number[]>();
  const byRule = Map.groupBy(
    comments.flatMap((comment) => comment.rules.map((rule) => ({ rule, comment }))),
    ({ rule }) => rule,
  );
  const mark = ({ location: { file, line } }: IgnoreComment, rule: string): string => `${file}\0${line}\0${rule}`;
  const covers = ({ location, lines }: IgnoreComment, place: Location | null | undefined): boolean =>
    place?.file === location.file && place.line >= lines.first && place.line <= lines.last;
  return {
    of(finding, service) {
      const comment = byRule
        .get(finding.rule)
        ?.find(
          ({ comment: one }) =>
            covers(one, finding.location) || (one.ofDocument && covers(one, service?.origin?.start)),
        )?.comment;
      if (comment === undefined) {
        if (finding.location !== null && byRule.has(finding.rule)) {
          const { file, line } = finding.location;
          const key = `${file}\0${finding.rule}`;
          const lines = missed.get(key);
          if (lines === undefined) missed.set(key, [line]);
          else lines.push(line);
        }
        return null;
      }
      used.add(mark(comment, finding.rule));
      const { file, line } = comment.location;
      return { finding, reason: comment.reason, kind: "comment", by: `comment at ${file}:${line}` };
    },
    unused: (excused) =>
      comments.flatMap((comment) => {
        if (comment.rules.length === 0) return [emptyComment(comment)];
        const { file, line } = comment.location;
        const useless = comment.rules.filter((rule) => !excused.has(rule) && !used.has(mark(comment, rule)));
        const rest = comment.rules.filter((rule) => !useless.includes(rule));
        return useless.map((rule) => {
          const away = (other: number): number => Math.abs(other - line);
          const near = (missed.get(`${file}\0${rule}`) ?? []).filter((other) => away(other) <= NEAR);
          return unusedComment(comment, rule, rest, near.toSorted((a, b) => away(a) - away(b))[0] ?? null);
        });
      }),
  };
}

/** `rest`: the comment's rules that are of use; `near`: the closest line that has a finding of the rule. */
function unusedComment(
  { location }: IgnoreComment,
  rule: string,
  rest: readonly string[],
  near: number | null,
): Finding {
  return unusedFinding({
    object: null,
    field: null,
    location,
    message: `A comment ignores ${rule}, and ${whyUnused(rule)}${near === null ? "" : ` Line ${near} has such a finding.`}`,
    remedy:
      near !== null
        ? `# behind line ${near}, or on a line of its own before it:\n# kheadless-ignore: ${rule}`
        : rest.length === 0
          ? "# remove the comment"
          : `# kheadless-ignore: ${rest.join(", ")}`,
  });
}

function emptyComment({ location }: IgnoreComment): Finding {
  return unusedFinding({
    object: null,
    field: null,
    location,
    message: "A comment asks kheadless to ignore, and names no rule: nothing is silenced.",
    remedy: "# kheadless-ignore: RULE REASON",
  });
}
