import type { ObjectRef } from "../../objects/meta.ts";
import type { Finding } from "../engine.ts";
import type { Suppressor } from "../suppression.ts";
import type { Ignore } from "./ignore.ts";
import { unusedFinding } from "./unused.ts";

/** What options and the configuration file silence. */
export function ignoresOfRun(ignores: readonly Ignore[]): Suppressor {
  const matchers = ignores.map((ignore) => ({ ignore, matches: objectPattern(ignore.object), used: false }));
  return {
    of(finding) {
      for (const matcher of matchers) {
        const { ignore, matches } = matcher;
        if (ignore.rule !== finding.rule || !matches(finding.object)) continue;
        matcher.used = true;
        const kind = ignore.location === null ? "option" : "config";
        return { finding, reason: ignore.reason, kind, by: ignore.from };
      }
      return null;
    },
    unused: (excused) =>
      matchers
        .filter(({ used, ignore }) => !used && !excused.has(ignore.rule))
        .map(({ ignore }) => unusedIgnore(ignore)),
  };
}

/** Whether an object is meant by `KIND/NAME` or `KIND/NAMESPACE/NAME`; kinds in any case. */
function objectPattern(pattern: string | null): (object: ObjectRef | null) => boolean {
  if (pattern === null) return () => true;
  const parts = pattern.split("/");
  const [kind, namespace, name] = parts.length === 2 ? [parts[0], "*", parts[1]] : parts;
  const tests = [wildcard(kind ?? "", "i"), wildcard(namespace ?? "", ""), wildcard(name ?? "", "")] as const;
  return (object) =>
    object !== null && tests[0].test(object.kind) && tests[1].test(object.namespace) && tests[2].test(object.name);
}

function wildcard(text: string, flags: string): RegExp {
  const pattern = text
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${pattern}$`, flags);
}

function unusedIgnore({ rule, object, from, location }: Ignore): Finding {
  const on = object === null ? "" : ` on ${object}`;
  return unusedFinding({
    object: null,
    field: null,
    location,
    message: `${from} ignores ${rule}${on}, and nothing was found that it would silence.`,
    remedy: "# take the entry out, so that it does not hide a finding of tomorrow",
  });
}
