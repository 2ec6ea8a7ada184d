import { refKey, refOf } from "../objects/meta.ts";
import type { Reference } from "../trace/references/reference.ts";
import { listed } from "../trace/words.ts";
import { holderName, referenceText } from "./evidence/reference-text.ts";
import { note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The cluster domain is the kubelets' to choose (`clusterDomain`), and their search lists complete `SERVICE.NAMESPACE.svc`
 * with it: written out, the name works only in clusters of this domain.
 */
export const clusterDomainHardCoded = defineRule({
  id: "cluster-domain-hard-coded",
  link: "client",
  severity: "info",
  summary: "the cluster's domain is written out in a name: it works only in clusters that are called so",
  needs: { references: "present" },
  check({ references: { writtenOut, unread }, clusterDomain, namespace, name }) {
    const byObject = Map.groupBy(writtenOut.filter(isRelativeToo), ({ object }) => refKey(refOf(object)));
    const findings = [...byObject.values()].flatMap(([first, ...others]) =>
      first === undefined ? [] : [findingOf([first, ...others], clusterDomain, `${name}.${namespace}`)],
    );
    if (findings.length > 0 || unread === null) return findings;
    return { cannotTell: unread.because, byNature: unread.byNature };
  },
});

/** With a dot at the end it is written out on purpose, to skip the search list; certificates need whole names anyhow. */
function isRelativeToo({ absolute, label }: Reference): boolean {
  return !absolute && !/(^|[-_.])(san|sans|cn|cert|certs|certificates?|tls|ssl|dns[-_]?names?)([-_.]|$)/i.test(label);
}

const SHOWN = 3;

function findingOf(references: readonly [Reference, ...Reference[]], domain: string, service: string): RuleFinding {
  const [{ object, holder, field }] = references;
  const hosts = [...new Set(references.map(({ host }) => host))];
  const who = object === holder ? holderName(holder) : `ConfigMap ${object.metadata.name}`;
  return {
    object,
    field: field(),
    message: `${who} writes the cluster's domain out: ${listed(hosts, SHOWN)}. In a cluster with another domain than ${domain} ${hosts.length === 1 ? "the name is" : "these names are"} NXDOMAIN; ${service}.svc is completed by every Pod's search list.`,
    evidence: references.slice(0, SHOWN).map(referenceText),
    remedy: note(`leave .${domain} out, or let it be set where the manifest is made (Helm: a value clusterDomain)`),
  };
}
