import type { ResourceRecord } from "../dns/records.ts";
import type { ObjectRef } from "../objects/meta.ts";
import { formatPath, type Location } from "../objects/origin.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { Difference } from "../plan/difference.ts";
import type { Effect, EffectId } from "../plan/effect.ts";
import { type KeyParts, keyParts } from "../plan/keys.ts";
import { type Plan, type PlannedChange, type PlannedService, recordsLost } from "../plan/plan.ts";
import type { RecordChange } from "../plan/record-change.ts";
import type { PlannedRecord, PlannedType } from "../plan/record-set.ts";
import type { Severity } from "../rules/rule.ts";

export interface PlannedRecordDocument {
  /** null where it is not known before the Pod, or the cluster IP, exists. */
  readonly data: ResourceRecord["data"];
  /** Of SRV records, also where the target is not known yet; null of others, and where the name leaves it open. */
  readonly port: number | null;
  readonly pod: string | null;
}

/** What makes a change. */
export interface BecauseDocument {
  readonly object: ObjectRef;
  readonly field: string | null;
  readonly message: string;
  readonly location?: Location;
}

export interface ChangeDocument {
  readonly name: string;
  readonly type: PlannedType;
  readonly service: KeyParts;
  readonly change: RecordChange["change"];
  readonly added: readonly PlannedRecordDocument[];
  readonly removed: readonly PlannedRecordDocument[];
  readonly replaced: readonly { readonly before: PlannedRecordDocument; readonly after: PlannedRecordDocument }[];
  /** How many records the name has of the type. */
  readonly records: { readonly before: number; readonly after: number };
  readonly ttl: { readonly before: number | null; readonly after: number | null };
  readonly because: readonly BecauseDocument[];
}

export interface EffectDocument {
  readonly effect: EffectId;
  readonly severity: Severity;
  readonly services: readonly string[];
  readonly object: ObjectRef;
  readonly field: string | null;
  readonly message: string;
  /** As a finding's: what can be pasted, and prose lines that begin with "# ". */
  readonly remedy: string;
  readonly location?: Location;
}

/** `-o json` of plan; schema/plan.schema.json describes it. */
export interface PlanDocument {
  readonly apiVersion: "kheadless/v1";
  readonly kind: "Plan";
  readonly base: Snapshot["source"];
  readonly target: Snapshot["source"];
  readonly clusterDomain: string;
  readonly services: readonly PlannedService[];
  readonly changes: readonly ChangeDocument[];
  readonly effects: readonly EffectDocument[];
  readonly assumptions: readonly string[];
  readonly unchecked: readonly { readonly reason: string }[];
  readonly summary: {
    readonly services: number;
    readonly records: { readonly added: number; readonly replaced: number; readonly removed: number };
    readonly names: { readonly added: number; readonly lost: number };
    readonly errors: number;
    readonly warnings: number;
    readonly infos: number;
  };
}

/** A plan as the document that every output is made of. */
export function planDocument(plan: Plan): PlanDocument {
  const { base, target, clusterDomain, services, changes, effects, assumptions, unchecked } = plan;
  const count = (severity: Severity): number => effects.filter((effect) => effect.severity === severity).length;
  return {
    apiVersion: "kheadless/v1",
    kind: "Plan",
    base: { kind: base.kind, description: base.description },
    target: { kind: target.kind, description: target.description },
    clusterDomain,
    services,
    changes: changes.map(changeOf),
    effects: effects.map(effectOf),
    assumptions,
    unchecked: unchecked.map((reason) => ({ reason })),
    summary: {
      services: services.length,
      records: {
        added: changes.reduce((sum, { added }) => sum + added.length, 0),
        replaced: changes.reduce((sum, { replaced }) => sum + replaced.length, 0),
        removed: recordsLost(plan),
      },
      names: plan.names,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    },
  };
}

function changeOf(planned: PlannedChange): ChangeDocument {
  const { name, type, service, change, added, removed, replaced, before, after, ttl, because } = planned;
  return {
    name,
    type,
    service: keyParts(service),
    change,
    added: added.map(recordOf),
    removed: removed.map(recordOf),
    replaced: replaced.map((pair) => ({ before: recordOf(pair.before), after: recordOf(pair.after) })),
    records: { before: before.length, after: after.length },
    ttl,
    because: because.map(becauseOf),
  };
}

function recordOf({ data, port, pod }: PlannedRecord): PlannedRecordDocument {
  return { data, port, pod };
}

function becauseOf({ object, field, text, location }: Difference): BecauseDocument {
  return {
    object,
    field: field === null ? null : formatPath(field),
    message: text,
    ...(location === null ? {} : { location }),
  };
}

function effectOf({ effect, severity, services, object, field, message, steps, location }: Effect): EffectDocument {
  return {
    effect,
    severity,
    services,
    object,
    field: field === null ? null : formatPath(field),
    message,
    remedy: steps,
    ...(location === null ? {} : { location }),
  };
}
