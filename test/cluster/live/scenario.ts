// A broken state made for real, what doctor must say of it, and the mend that must make it healthy.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Verdict } from "../../../src/diagnosis/chain.ts";
import type { FindingDocument } from "../../../src/report/document.ts";
import type { Link, Severity } from "../../../src/rules/rule.ts";
import type { KubeObject } from "../api.ts";
import { type TestCluster, withNamespace } from "../cluster.ts";
import type { DnsReplicas } from "./answers.ts";
import { NAME } from "./objects.ts";
import { type Diagnosis, doctor, objectOf, paste } from "./program.ts";
import { holdScansAlike } from "./scans.ts";
import { type World, worldIn } from "./world.ts";

export interface Expected {
  readonly rule: string;
  readonly link: Link;
  readonly severity: Severity;
  /** `StatefulSet/db`. */
  readonly object: string;
  readonly field?: string;
  /** Parts of the message and of the evidence, in any order. `NAMESPACE` stands for the scenario's. */
  readonly message?: readonly string[];
  readonly evidence?: readonly string[];
}

export interface Scenario {
  readonly title: string;
  readonly objects: readonly KubeObject[];
  /** Services of both families: the one-machine cluster has them, a user's own may not. */
  readonly dualStack?: true;
  /** Does what the objects alone don't, and waits until the state is there. */
  breaks(world: World): Promise<unknown>;
  /** Doctor's arguments; the Service `db` where none are given. */
  readonly asks?: readonly string[];
  readonly finds: Expected;
  /** Further rules that report, because more than one thing is wrong. Consequences are none of them. */
  readonly also?: readonly string[];
  /**
   * How it is mended. `remedy`: by the remedy as it is printed. A function: what only the user can do, after the remedy,
   * which must run without an error all the same.
   */
  readonly mend: "remedy" | ((world: World) => Promise<unknown>);
  /** The Service to ask about afterwards, where the mend is to ask about another; by default the same. */
  readonly thenAsks?: readonly string[];
  /** What is left where the mend leaves something by nature; by default `healthy`, with nothing found but infos. */
  readonly leaves?: Verdict;
  /** The name whose answer is held to what cluster DNS says, before and after. By default the Service's. */
  readonly answers?: string;
}

const VERDICTS = { error: "broken", warning: "degraded", info: "healthy" } as const satisfies Record<Severity, Verdict>;
const HEALING_SECONDS = 40;
const SETTLING_SECONDS = 15;

/** Where the texts go that people read, for somebody to look at them: a folder, or nowhere. */
const TEXTS = process.env.KHEADLESS_LIVE_TEXTS;

export async function play(cluster: TestCluster, replicas: DnsReplicas, scenario: Scenario): Promise<void> {
  await withNamespace(cluster.api, async (namespace) => {
    const world = worldIn(cluster, namespace);
    const asks = inPlace(scenario.asks ?? [NAME], namespace);
    const name = `${scenario.answers ?? NAME}.${namespace}.svc.cluster.local.`;
    await world.create(...scenario.objects.map((object) => renamed(object, namespace)));
    await scenario.breaks(world);

    const diagnosis = await settledDiagnosis(scenario, world, asks);
    const finding = holdTo(scenario, diagnosis, namespace);
    holdText(scenario.title, diagnosis.text, finding);
    await replicas.confirm(world, name);
    await holdScansAlike(world);

    expect(await paste(world.kubeconfig, finding.remedy), finding.remedy).toEqual([]);
    if (scenario.mend !== "remedy") await scenario.mend(world);
    await holdHealed(world, inPlace(scenario.thenAsks ?? asks, namespace), scenario.leaves ?? "healthy", finding);
    // A name of its own (a Pod's) is what the mend was for.
    if (scenario.answers !== undefined) await replicas.confirm(world, name);
  });
}

/** The namespace's name is only known once it is made. */
function inPlace(texts: readonly string[], namespace: string): readonly string[] {
  return texts.map((text) => text.replaceAll("NAMESPACE", namespace));
}

function renamed(object: KubeObject, namespace: string): KubeObject {
  return JSON.parse(JSON.stringify(object).replaceAll("NAMESPACE", namespace));
}

/**
 * What doctor says once controllers and the kubelet are done. What `breaks` waited for is there by then; a Pod beside it
 * may still be starting, which doctor tells too, and rightly.
 */
async function settledDiagnosis(scenario: Scenario, world: World, asks: readonly string[]): Promise<Diagnosis> {
  const deadline = Date.now() + SETTLING_SECONDS * 1000;
  for (;;) {
    const diagnosis = await doctor(world.kubeconfig, world.namespace, asks);
    const told = toldOf(scenario, diagnosis).map(({ rule }) => rule);
    if (isDeepStrictEqual(told.sort(), expectedRules(scenario)) || Date.now() > deadline) return diagnosis;
    await sleep(1000);
  }
}

/** The findings that a scenario speaks of: infos only where it expects one. */
function toldOf({ finds }: Scenario, { serious, infos }: Diagnosis): readonly FindingDocument[] {
  return finds.severity === "info" ? infos.filter(({ rule }) => rule === finds.rule) : serious;
}

function expectedRules({ finds, also = [] }: Scenario): readonly string[] {
  return [finds.rule, ...also].sort();
}

/** The finding that was expected, after everything about it and around it was held to the expectation. */
function holdTo(scenario: Scenario, diagnosis: Diagnosis, namespace: string): FindingDocument {
  const { finds } = scenario;
  const { report, service, code } = diagnosis;
  const told = toldOf(scenario, diagnosis);
  expect(told.map(({ rule }) => rule).sort(), JSON.stringify(report.findings, null, 2)).toEqual(
    expectedRules(scenario),
  );
  const finding = told.find(({ rule }) => rule === finds.rule) as FindingDocument;
  expect({ ...finding, object: objectOf(finding) }).toMatchObject({
    link: finds.link,
    severity: finds.severity,
    object: finds.object.endsWith("/") ? expect.stringContaining(finds.object) : finds.object,
    ...(finds.field === undefined ? {} : { field: finds.field }),
  });
  for (const part of inPlace(finds.message ?? [], namespace)) expect(finding.message).toContain(part);
  for (const part of inPlace(finds.evidence ?? [], namespace)) expect(finding.evidence.join("\n")).toContain(part);
  expect(report.unchecked.filter(({ byNature }) => !byNature)).toEqual([]);
  expect(service.verdict, JSON.stringify(service.chain, null, 2)).toBe(VERDICTS[finds.severity]);
  const first = service.chain.find(({ status }) => status === "broken" || status === "warning")?.link;
  expect(first, JSON.stringify(service.chain, null, 2)).toBe(finds.severity === "info" ? undefined : finds.link);
  expect(code).toBe(finds.severity === "error" ? 1 : 0);
  return finding;
}

/** The text must say the same, and stay within the terminal; only what is to be pasted may be longer. */
function holdText(title: string, text: string, finding: FindingDocument): void {
  if (TEXTS) writeFileSync(join(TEXTS, `${title.replaceAll(/[^a-z0-9]+/gi, "-")}.txt`), text);
  expect(text).toContain(finding.rule);
  const [prose = ""] = text.split(/^Fix/m);
  // What has no place to break at (a field's path) may be longer.
  expect(prose.split("\n").filter((line) => line.length > 80 && /\S\s/.test(line))).toEqual([]);
}

/** Pods must start and controllers must follow, so doctor is asked until it is content, or the time is over. */
async function holdHealed(
  world: World,
  asks: readonly string[],
  wanted: Verdict,
  finding: FindingDocument,
): Promise<void> {
  const deadline = Date.now() + HEALING_SECONDS * 1000;
  for (;;) {
    const { service, serious, code } = await doctor(world.kubeconfig, world.namespace, asks);
    const healed = service.verdict === wanted && (wanted !== "healthy" || serious.length === 0);
    if (healed || Date.now() > deadline) {
      const left = serious.map(({ rule, message }) => `${rule}: ${message}`).join("\n");
      expect(service.verdict, `after\n${finding.remedy}\nthere is still\n${left}`).toBe(wanted);
      expect(code).toBe(wanted === "broken" ? 1 : 0);
      return;
    }
    await sleep(1000);
  }
}
