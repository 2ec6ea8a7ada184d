import { refKey, refOf } from "../objects/meta.ts";
import type { Reference } from "../trace/references/reference.ts";
import { podSpecPath } from "../trace/references/texts.ts";
import { holderName, referencePlace, referenceText } from "./evidence/reference-text.ts";
import { listingText } from "./listing.ts";
import { note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The cluster domain is the kubelets' to choose (`clusterDomain`), and their search lists complete `SERVICE.NAMESPACE.svc`
 * with it: written out, the name works only in clusters of this domain. An object often writes out the names of many
 * Services: it is told once.
 */
export const clusterDomainHardCoded = defineRule({
  id: "cluster-domain-hard-coded",
  link: "client",
  severity: "info",
  summary: "the cluster's domain is written out in a name: it works only in clusters that are called so",
  needs: { references: "present" },
  check({ references: { writtenOut, unread }, clusterDomain }) {
    const byObject = Map.groupBy(writtenOut.filter(isRelativeToo), ({ object }) => refKey(refOf(object)));
    const findings = [...byObject.values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : [findingOf([first, ...others], clusterDomain)],
    );
    if (findings.length > 0 || unread === null) return findings;
    return { cannotTell: unread.because, byNature: unread.byNature };
  },
});

/** With a dot at the end it is written out on purpose, to skip the search list; certificates need whole names anyhow. */
function isRelativeToo({ absolute, label }: Reference): boolean {
  return !absolute && !/(^|[-_.])(san|sans|cn|cert|certs|certificates?|tls|ssl|dns[-_]?names?)([-_.]|$)/i.test(label);
}

function findingOf(references: readonly [Reference, ...Reference[]], domain: string): RuleFinding {
  const [{ object, holder, field }] = references;
  const own = object === holder;
  return {
    object,
    field: own ? podSpecPath(holder) : ["data"],
    at: field(),
    ...listingText({
      before: `${own ? holderName(holder) : `ConfigMap ${object.metadata.name}`} writes the cluster's domain out: `,
      entries: references.map((reference) => ({
        item: reference.host,
        place: referencePlace(reference),
        shown: referenceText(reference),
      })),
      after: `. In a cluster with another domain than ${domain} such a name is NXDOMAIN; one that ends with .svc is completed by every Pod's search list.`,
    }),
    remedy: note(`leave .${domain} out, or let it be set where the manifest is made (Helm: a value clusterDomain)`),
  };
}
