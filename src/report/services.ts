import { VERDICTS } from "../diagnosis/chain.ts";
import { count } from "../trace/words.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "./document.ts";

type ServiceName = Pick<ServiceDocument, "namespace" | "name">;

/** The findings on each Service's path: asked for once per Service, they must not be searched for each time. */
export function findingsByService(
  findings: ReportDocument["findings"],
): (service: ServiceName) => readonly FindingDocument[] {
  const found = new Map<string, FindingDocument[]>();
  for (const finding of findings) {
    for (const service of finding.services) {
      const known = found.get(service);
      if (known === undefined) found.set(service, [finding]);
      else known.push(finding);
    }
  }
  return ({ namespace, name }) => found.get(`${namespace}/${name}`) ?? [];
}

export function worstFirst(services: readonly ServiceDocument[]): readonly ServiceDocument[] {
  return VERDICTS.flatMap((verdict) => services.filter((service) => service.verdict === verdict));
}

/** `120 Services: 3 broken, 117 healthy`; no lines without Services. */
export function countLines(services: readonly ServiceDocument[]): readonly string[] {
  if (services.length === 0) return [];
  const counts = VERDICTS.flatMap((verdict) => {
    const many = services.filter((service) => service.verdict === verdict).length;
    return many === 0 ? [] : [`${many} ${verdict}`];
  });
  return [`${count(services.length, "Service")}: ${counts.join(", ")}`];
}
