import { existsSync, readFileSync } from "node:fs";
import { CORE_SCHEMA, load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { type Finding, type Outcome, runRules } from "../../src/diagnosis/engine.ts";
import { mergeFindings } from "../../src/diagnosis/merge.ts";
import { complete, partial, unavailable } from "../../src/objects/collected.ts";
import { formatPath } from "../../src/objects/origin.ts";
import type { Listed, Resource, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import type { Rule } from "../../src/rules/rule.ts";
import { byResource, type Held } from "../../src/sources/manifests/by-resource.ts";
import { noObjects, readManifestText } from "../../src/sources/manifests/objects.ts";
import { snapshotOfManifests } from "../../src/sources/manifests.ts";
import { overlayManifests } from "../../src/sources/overlay.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { traceService } from "../../src/trace/trace.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { type DnsFactsCase, dnsFacts } from "./dns-facts.ts";

/**
 * One case of a rule's table, as `test/rules/<id>.yaml` lists them. Without `findings` and `unchecked` the rule must
 * stay silent, and able to say so: a case that left it unchecked would show nothing.
 */
export interface Case {
  readonly name: string;
  /**
   * The objects are what a cluster returns, status included. Then every list is complete but for what `unavailable` and
   * `partial` say; nodes and namespaces count as not read where the case holds none, as they matter to few rules.
   */
  readonly live?: boolean;
  /** RFC 3339; 2026-01-01T00:00:00Z for live cases that leave it out. */
  readonly takenAt?: string;
  readonly clusterDomain?: string;
  /** Lists that could not be read (live), and why. */
  readonly unavailable?: { readonly [R in Resource]?: string };
  /** Lists that were only read in part (live), and why. */
  readonly partial?: { readonly [R in Resource]?: string };
  /** What a live cluster tells of its DNS besides objects (dns-facts.ts). */
  readonly clusterDns?: DnsFactsCase;
  /** The Service that is asked about by name (`mysql`, `shop/mysql`); without it, all that matter unasked. */
  readonly service?: string;
  /** YAML documents; several texts where cases share some of them (YAML anchors). */
  readonly objects: string | readonly string[];
  /** Manifests that are laid over the objects of a live case (`-f` with `--live`). */
  readonly manifests?: string | readonly string[];
  readonly findings?: readonly Expected[];
  /** Part of the reason why the rule could not be run. */
  readonly unchecked?: string;
}

/** What a finding must have; of texts a part is enough. */
interface Expected {
  readonly severity?: string;
  /** `Service/mysql`, `Service/shop/mysql` outside the default namespace. */
  readonly object: string;
  /** As people read it: `spec.ports[0].targetPort`. */
  readonly field?: string;
  readonly line?: number;
  readonly message?: string;
  readonly evidence?: string;
  readonly remedy?: string;
}

const CASE_KEYS = [
  "name",
  "live",
  "takenAt",
  "clusterDomain",
  "unavailable",
  "partial",
  "clusterDns",
  "service",
  "objects",
  "manifests",
  "findings",
  "unchecked",
] as const satisfies readonly (keyof Case)[];
const EXPECTED_KEYS = [
  "severity",
  "object",
  "field",
  "line",
  "message",
  "evidence",
  "remedy",
] as const satisfies readonly (keyof Expected)[];

const DEFAULT_NAMESPACE = "default";

/** Declares the tests of one rule: a test per case, and one that its table both fires and stays silent. */
export function describeRule(rule: Rule): void {
  describe(rule.id, () => {
    const file = new URL(`${rule.id}.yaml`, import.meta.url);
    // A missing table fails its own rule here, and leaves the others to be tested.
    const cases = existsSync(file) ? readCases(file) : [];
    test("has cases that fire and cases that stay silent", () => {
      expect(cases.some(({ findings }) => findings !== undefined && findings.length > 0)).toBe(true);
      expect(cases.some(isSilent)).toBe(true);
      expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    });
    test.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
      const outcomes = outcomesOf(rule, one);
      for (const outcome of outcomes) if (outcome.status === "crashed") throw outcome.error;
      const found = mergeFindings(outcomes.flatMap((outcome) => (outcome.status === "ran" ? outcome.findings : [])));
      expect(found.map(shown)).toEqual(arranged(found.map(shown), one.findings ?? []));
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "unchecked" ? [outcome.reason] : []));
      expect(reasons).toEqual(one.unchecked === undefined ? [] : reasons.map(() => expect.any(String)));
      if (one.unchecked !== undefined) expect(reasons.join("\n")).toContain(one.unchecked);
    });
  });
}

function isSilent({ findings, unchecked }: Case): boolean {
  return (findings === undefined || findings.length === 0) && unchecked === undefined;
}

/** What the rule makes of the case's subjects. The Snapshot is frozen to its depth: a rule that changes it crashes. */
export function outcomesOf(rule: Rule, one: Case): readonly Outcome[] {
  const index = indexSnapshot(deepFreeze(snapshotOf(one)));
  const lookups = namespaceLookups(index);
  const subjects =
    one.service === undefined ? subjectsOf(index, { externalNames: true }) : [{ ...namedBy(one.service), asked: true }];
  return subjects.flatMap((subject) => runRules([rule], traceService(lookups, subject)));
}

function namedBy(service: string): { readonly namespace: string; readonly name: string } {
  const [first = "", second] = service.split("/");
  return second === undefined ? { namespace: DEFAULT_NAMESPACE, name: first } : { namespace: first, name: second };
}

interface Shown {
  readonly severity: string;
  readonly object: string;
  readonly field: string | null;
  readonly line: number | null;
  readonly message: string;
  readonly evidence: string;
  readonly remedy: string;
}

function shown({ severity, object, field, location, message, evidence, remedy }: Finding): Shown {
  const namespace = object === null || object.namespace === DEFAULT_NAMESPACE ? "" : `${object.namespace}/`;
  return {
    severity,
    object: object === null ? "" : `${object.kind}/${namespace}${object.name}`,
    field,
    line: location?.line ?? null,
    message,
    evidence: evidence.join("\n"),
    remedy,
  };
}

/** The expectations as matchers, each at the place of a finding that meets it, so that a failure shows what differs. */
function arranged(found: readonly Shown[], expected: readonly Expected[]): readonly unknown[] {
  const left = expected.map(matcherOf);
  const places: unknown[] = found.map((finding) => {
    const index = left.findIndex((matcher) => matcher.asymmetricMatch(finding));
    return index < 0 ? undefined : left.splice(index, 1)[0];
  });
  return [...places.map((place) => place ?? left.shift()), ...left].filter((place) => place !== undefined);
}

function matcherOf({ severity, object, field, line, message, evidence, remedy }: Expected): Matcher {
  return expect.objectContaining({
    object,
    ...(severity === undefined ? {} : { severity }),
    ...(field === undefined ? {} : { field }),
    ...(line === undefined ? {} : { line }),
    ...(message === undefined ? {} : { message: expect.stringContaining(message) }),
    ...(evidence === undefined ? {} : { evidence: expect.stringContaining(evidence) }),
    ...(remedy === undefined ? {} : { remedy: expect.stringContaining(remedy) }),
  }) as Matcher;
}

interface Matcher {
  asymmetricMatch(value: unknown): boolean;
}

/** The cases of a table file. Throws for keys that no case has, so that a typing error cannot make a case empty. */
export function readCases(file: URL): readonly Case[] {
  const cases = load(readFileSync(file, "utf8"), { schema: CORE_SCHEMA });
  if (!Array.isArray(cases)) throw new Error(`${file.pathname} is no list of cases`);
  for (const one of cases as Record<string, unknown>[]) {
    requireKeys(`${file.pathname}: ${String(one.name)}`, one, CASE_KEYS, ["name", "objects"]);
    for (const expected of (one.findings ?? []) as Record<string, unknown>[]) {
      requireKeys(`${file.pathname}: ${String(one.name)}: finding`, expected, EXPECTED_KEYS, ["object"]);
    }
  }
  return cases as Case[];
}

function requireKeys(
  place: string,
  map: Record<string, unknown>,
  known: readonly string[],
  required: readonly string[],
): void {
  const unknown = Object.keys(map).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`${place} has no key ${unknown.join(", ")}`);
  const missing = required.filter((key) => map[key] === undefined || map[key] === null);
  if (missing.length > 0) throw new Error(`${place} needs ${missing.join(", ")}`);
}

/** A case's objects as the Snapshot that its source would give, read by the real reader. */
export function snapshotOf(one: Case): Snapshot {
  if (one.live !== true) return manifestsOf(one, one.objects);
  const cluster = clusterOf(one);
  return one.manifests === undefined ? cluster : overlayManifests(cluster, manifestsOf(one, one.manifests));
}

function manifestsOf(one: Case, objects: Case["objects"]): Snapshot {
  const snapshot = snapshotOfManifests([textOf(objects)], { ...optionsOf(one), description: "case.yaml" });
  requireValid(one, snapshot.invalid);
  return snapshot;
}

export function textOf(objects: Case["objects"]) {
  return { file: "case.yaml", text: [objects].flat().join("\n---\n"), found: false, damaged: false };
}

function optionsOf({ clusterDomain }: Case) {
  return { defaultNamespace: DEFAULT_NAMESPACE, clusterDomain: clusterDomain ?? null };
}

function clusterOf(one: Case): Snapshot {
  const text = textOf(one.objects);
  const read = noObjects();
  readManifestText(text, { defaultNamespace: DEFAULT_NAMESPACE, live: true }, read);
  requireValid(one, read.invalid);
  const { held } = byResource(read.objects);
  const lists = Object.fromEntries(
    (Object.keys(held) as Resource[]).map((resource) => [resource, [liveList(one, resource, held)]]),
  );
  return {
    source: { kind: "cluster", description: "a test's cluster" },
    takenAt: one.takenAt ?? "2026-01-01T00:00:00Z",
    ...optionsOf(one),
    lists: lists as unknown as Snapshot["lists"],
    invalid: [],
    clusterDns: one.clusterDns === undefined ? undefined : dnsFacts(one.clusterDns),
  };
}

function requireValid(one: Case, invalid: Snapshot["invalid"]): void {
  const [first] = invalid;
  if (first === undefined) return;
  throw new Error(`${one.name}: line ${first.location?.line}: ${formatPath(first.field ?? [])} ${first.message}`);
}

function liveList(one: Case, resource: Resource, held: Held): Listed<Held[Resource][number]> {
  // A cluster's objects come from no file.
  const items = held[resource].map((object) => ({ ...object, origin: null }));
  const missing = one.unavailable?.[resource];
  const part = one.partial?.[resource];
  const unread = (resource === "nodes" || resource === "namespaces") && items.length === 0;
  const result =
    missing !== undefined
      ? unavailable(missing)
      : part !== undefined
        ? partial(items, part)
        : unread
          ? unavailable(`the case holds no ${resource}`)
          : complete(items);
  return { namespace: null, result };
}
