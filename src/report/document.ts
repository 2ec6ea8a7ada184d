import type { ChainLink, Verdict } from "../diagnosis/chain.ts";
import type { Diagnosis } from "../diagnosis/diagnose.ts";
import type { Finding } from "../diagnosis/engine.ts";
import type { SuppressionKind } from "../diagnosis/suppression/ignore.ts";
import type { FieldChange } from "../objects/field-change.ts";
import type { ObjectRef } from "../objects/meta.ts";
import type { Location } from "../objects/origin.ts";
import type { Resource, Snapshot } from "../objects/snapshot.ts";
import type { Link, Severity } from "../rules/rule.ts";

/** A finding as it is written out; `location` only where the object came from a file. */
export interface FindingDocument {
  readonly rule: string;
  readonly severity: Severity;
  readonly link: Link | null;
  readonly object: ObjectRef | null;
  readonly field: string | null;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
  /** The remedy as changes of the object's manifest, where it is a mechanical one (lint --fix makes them). */
  readonly patch?: readonly FieldChange[];
  readonly location?: Location;
  readonly docs: string;
  /** The Services on whose path it was found, `namespace/name`. */
  readonly services: readonly string[];
  /** With --each: the input that it is of. */
  readonly input?: string;
}

export interface ServiceDocument {
  readonly namespace: string;
  readonly name: string;
  readonly exists: boolean;
  readonly headless: boolean;
  readonly verdict: Verdict;
  readonly chain: readonly ChainLink[];
  /** With --each: the input that it is of. */
  readonly input?: string;
  /** Only of scan: what its EndpointSlices hold, null where they could not be read. */
  readonly endpoints?: { readonly ready: number; readonly total: number } | null;
  /** Only of scan: since when the Service is there, RFC 3339; null where it is not, or in no cluster. */
  readonly creationTimestamp?: string | null;
}

export interface UncheckedDocument {
  readonly rule: string;
  readonly link: Link;
  readonly reason: string;
  /** The source does not hold it (manifests know no readiness): no failure. */
  readonly byNature: boolean;
  /** Only where nobody asked for it: `--observe` or `--probe` would bring it. */
  readonly unasked?: true;
  readonly services: readonly string[];
}

/** A list that was asked for and could not be read, so that Services may be missing from the report. */
export interface NotReadDocument {
  readonly resource: Resource;
  /** null: of all namespaces. */
  readonly namespace: string | null;
  readonly reason: string;
}

/** A finding that was silenced, and by what. */
export interface SuppressedDocument extends FindingDocument {
  readonly kind: SuppressionKind;
  /** Where the ignore stands: `annotation on Service shop/mysql`, `comment at a.yaml:3`, `--ignore`, a file. */
  readonly by: string;
  readonly reason: string | null;
}

/** `-o json` of doctor and lint; schema/report.schema.json describes it. */
export interface ReportDocument {
  readonly apiVersion: "kheadless/v1";
  readonly kind: "Report";
  readonly source: Snapshot["source"];
  readonly services: readonly ServiceDocument[];
  readonly findings: readonly FindingDocument[];
  readonly suppressed: readonly SuppressedDocument[];
  readonly unchecked: readonly UncheckedDocument[];
  readonly notRead: readonly NotReadDocument[];
  readonly summary: {
    readonly services: number;
    readonly errors: number;
    readonly warnings: number;
    readonly infos: number;
  };
}

/** A diagnosis as the document that every output is made of. */
export function reportOf(
  source: Snapshot["source"],
  diagnosis: Diagnosis,
  notRead: readonly NotReadDocument[] = [],
): ReportDocument {
  const { services, findings, suppressed, unchecked } = diagnosis;
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return {
    apiVersion: "kheadless/v1",
    kind: "Report",
    source: { kind: source.kind, description: source.description },
    services,
    findings: findings.map(findingOf),
    suppressed: suppressed.map(({ finding, kind, by, reason }) => ({ ...findingOf(finding), kind, by, reason })),
    unchecked: unchecked.map(({ rule, link, reason, byNature, unasked, services: concerned }) => ({
      rule,
      link,
      reason,
      byNature,
      ...(unasked ? { unasked } : {}),
      services: concerned,
    })),
    notRead,
    summary: {
      services: services.length,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    },
  };
}

function findingOf({ location, input, patch, ...finding }: Finding): FindingDocument {
  const { rule, severity, link, object, field, message, evidence, remedy, docs, services } = finding;
  return {
    rule,
    severity,
    link,
    object,
    field,
    message,
    evidence,
    remedy,
    ...(patch === undefined ? {} : { patch }),
    ...(location === null ? {} : { location }),
    docs,
    services,
    ...(input === undefined ? {} : { input }),
  };
}
