import type { Location } from "../../objects/origin.ts";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import type { Finding } from "../engine.ts";
import type { Suppressor } from "../suppression.ts";
import { unusedFinding, whyUnused } from "./unused.ts";

/** What comments in manifests silence: on their lines, and above a document also on the path of a Service in it. */
export function ignoresOfComments(comments: readonly IgnoreComment[]): Suppressor {
  const used = new Set<string>();
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
      if (comment === undefined) return null;
      used.add(mark(comment, finding.rule));
      const { file, line } = comment.location;
      return { finding, reason: comment.reason, kind: "comment", by: `comment at ${file}:${line}` };
    },
    unused: (excused) =>
      comments.flatMap((comment) =>
        comment.rules.length === 0
          ? [emptyComment(comment)]
          : comment.rules
              .filter((rule) => !excused.has(rule) && !used.has(mark(comment, rule)))
              .map((rule) => unusedComment(comment, rule)),
      ),
  };
}

function unusedComment({ rules, location }: IgnoreComment, rule: string): Finding {
  const rest = rules.filter((other) => other !== rule).join(", ");
  return unusedFinding({
    object: null,
    field: null,
    location,
    message: `A comment ignores ${rule}, and ${whyUnused(rule)}`,
    remedy: rest === "" ? "# remove the comment" : `# kheadless-ignore: ${rest}`,
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
