import { refKey, refOf } from "../objects/meta.ts";
import { type FieldPath, formatPath } from "../objects/origin.ts";
import type { FlawedReference } from "../trace/references/references.ts";
import { listed } from "../trace/words.ts";
import { holderName, referenceText } from "./evidence/reference-text.ts";
import { correctedNames } from "./remedies/corrected-names.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * Names of peers are written down by hand, in lists that nothing compares with what there is. Reported is only a name of
 * which so much fits that nothing else can be meant, and that cluster DNS answers NXDOMAIN (trace/references/flaw.ts).
 */
export const peerNameBroken = defineRule({
  id: "peer-name-broken",
  link: "client",
  severity: "error",
  summary: "a Pod or Service name in env, args, a command or a ConfigMap that does not exist",
  needs: { references: "present", services: "present" },
  check({ references: { flawed, unread } }) {
    const groups = Map.groupBy(flawed, ({ reference: { object, field }, flaw }) =>
      [refKey(refOf(object)), wholeField(formatPath(field())), flaw.why].join("\0"),
    );
    const findings = [...groups.values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : [findingOf([first, ...others])],
    );
    if (findings.length > 0 || unread === null) return findings;
    return { cannotTell: unread.because, byNature: unread.byNature };
  },
});

const SHOWN = 5;

/** A list of peers may be one argument for each: told once for the whole command line. */
function wholeField(path: string): string {
  return path.replace(/\.(args|command)\[\d+\]$/, ".$1");
}

const PROBES: Readonly<Record<string, string>> = {
  startupProbe: "its startup probe",
  readinessProbe: "its readiness probe",
  livenessProbe: "its liveness probe",
};

/** Whose word it is that stands at the path. */
function wordPlace(path: FieldPath): string {
  return path.flatMap((step) => PROBES[step] ?? [])[0] ?? "its command line";
}

function findingOf(group: readonly [FlawedReference, ...FlawedReference[]]): RuleFinding {
  const [{ reference, flaw }] = group;
  const { holder, object, label, field } = reference;
  const hosts = [...new Set(group.map((one) => one.reference.host))];
  const who =
    object === holder ? holderName(holder) : `ConfigMap ${object.metadata.name}, which ${holderName(holder)} uses,`;
  const where = object === holder && label === "argument" ? wordPlace(field()) : label;
  return {
    object,
    field: field(),
    message: `${who} names ${listed(hosts, SHOWN)} in ${where}, and ${flaw.why}. ${hosts.length === 1 ? "The name is" : "These names are"} NXDOMAIN.`,
    evidence: [
      referenceText(reference),
      ...(flaw.kind === "ordinal" || flaw.set !== null ? [] : [`nearest name that exists: ${flaw.right}`]),
    ],
    remedy: correctedNames(group),
  };
}
