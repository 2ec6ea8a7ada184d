import { VERDICTS, worstLink } from "../diagnosis/chain.ts";
import { count } from "../trace/words.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "./document.ts";

/** The findings on each Service's path: asked for once per Service, they must not be searched for each time. */
export function findingsByService({
  findings,
}: Pick<ReportDocument, "findings">): (service: ServiceDocument) => readonly FindingDocument[] {
  const found = new Map<string, FindingDocument[]>();
  for (const finding of findings) {
    for (const service of finding.services) {
      const key = `${service}\0${finding.input}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, [finding]);
      else known.push(finding);
    }
  }
  return ({ namespace, name, input }) => found.get(`${namespace}/${name}\0${input}`) ?? [];
}

/** The finding that is the diagnosis: the worst of the link that decides the verdict; null where there is nothing to mend. */
export function mainOf({ chain }: ServiceDocument, findings: readonly FindingDocument[]): FindingDocument | null {
  const at = worstLink(chain);
  if (at === null || at.status === "unknown") return null;
  return findings.find(({ link, severity }) => link === at.link && severity !== "info") ?? null;
}

/** By verdict; those of one verdict in the order in which they came. */
export function worstFirst(services: readonly ServiceDocument[]): readonly ServiceDocument[] {
  return VERDICTS.flatMap((verdict) => services.filter((service) => service.verdict === verdict));
}

/** `120 Services: 3 broken, 117 healthy`; no line without Services. */
export function countLines(services: readonly ServiceDocument[]): readonly string[] {
  if (services.length === 0) return [];
  const counts = VERDICTS.flatMap((verdict) => {
    const many = services.filter((service) => service.verdict === verdict).length;
    return many === 0 ? [] : [`${many} ${verdict}`];
  });
  return [`${count(services.length, "Service")}: ${counts.join(", ")}`];
}

/** `1 error, 2 warnings`; "nothing found" where there is none. */
export function severitiesText({ errors, warnings, infos }: ReportDocument["summary"]): string {
  const counts = [
    [errors, "error"],
    [warnings, "warning"],
    [infos, "info"],
  ] as const;
  const found = counts.flatMap(([number, noun]) => (number === 0 ? [] : [count(number, noun)]));
  return found.length === 0 ? "nothing found" : found.join(", ");
}
