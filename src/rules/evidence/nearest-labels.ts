import type { LabelIndex } from "../../kubernetes/label-selector.ts";
import type { Labels } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Parts } from "../../trace/trace.ts";
import { byName } from "../../trace/words.ts";
import { isNear, nearness, writtenLabels } from "./label-differences.ts";

/** Pods, or what makes Pods, that a selector may have been meant for. */
export interface Candidate {
  readonly object: Workload | Pod;
  /** `StatefulSet mysql's Pods`, `Pod mysql-0`. */
  readonly they: string;
  readonly labels: Labels;
}

/** No more candidates than this are compared, however many Pods a namespace has. */
const MOST = 400;
/** Of the distinct values of a key, and of keys. */
const MOST_VALUES = 500;

/**
 * The workloads whose Pods come nearest to a selector that matches none, and Pods that nobody's template stands for;
 * best first. Candidates come from the index: what shares a pair or has a near value or a like-named key, and what has
 * the Service's own name or governs by it. Those that nothing speaks for are left out.
 */
export function nearestLabels(
  selector: Labels,
  service: string,
  workloads: Parts["workloads"] | null,
  pods: Parts["pods"] | null,
): readonly Candidate[] {
  const found = new Map<Workload | Pod, Candidate>();
  const addWorkload = (workload: Workload): void => {
    // What another workload made has that one's template.
    const maker = workloads?.makerOf(workload)?.workload ?? workload;
    found.set(maker, {
      object: maker,
      they: `the Pods of ${maker.kind} ${maker.metadata.name}`,
      labels: maker.template.labels,
    });
  };
  const addPod = (pod: Pod): void => {
    const maker = workloads?.makerOf(pod)?.workload ?? null;
    if (maker !== null) addWorkload(maker);
    else
      found.set(pod, {
        object: pod,
        they: `Pods like ${pod.metadata.name}`,
        labels: writtenLabels(pod.metadata.labels),
      });
  };
  if (workloads !== null) {
    for (const workload of workloads.governed) addWorkload(workload);
    for (const workload of likely(workloads.byLabel, selector)) addWorkload(workload);
    for (const name of stemsOf(service)) for (const workload of workloads.named(name)) addWorkload(workload);
  }
  if (pods !== null) for (const pod of likely(pods.byLabel, selector)) addPod(pod);

  const governed = new Set<Workload | Pod>(workloads?.governed ?? []);
  return [...found.values()]
    .map((candidate) => ({ candidate, score: scoreOf(candidate, selector, service, governed) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || byName(nameOf(a.candidate), nameOf(b.candidate)))
    .map(({ candidate }) => candidate);
}

/** That a workload has the Service's name, or is governed by it, speaks for it as much as shared labels do. */
function scoreOf(
  { object, labels }: Candidate,
  selector: Labels,
  service: string,
  governed: ReadonlySet<Workload | Pod>,
): number {
  return (
    nearness(selector, labels) +
    (governed.has(object) ? 6 : 0) +
    (stemsOf(service).includes(object.metadata.name) ? 3 : 0)
  );
}

function nameOf({ object }: Candidate): string {
  return `${object.kind} ${object.metadata.name}`;
}

/** `mysql-headless` and `mysql`, for a Service `mysql-headless`. */
function stemsOf(service: string): readonly string[] {
  const words = service.split("-");
  return words.map((_, index) => words.slice(0, words.length - index).join("-"));
}

function likely<T>(index: LabelIndex<T>, selector: Labels): Iterable<T> {
  const found = new Set<T>();
  const add = (items: readonly T[]): void => {
    for (const item of items) if (found.size < MOST) found.add(item);
  };
  const keys = first(index.keys(), MOST_VALUES);
  for (const [key, wanted] of Object.entries(selector)) {
    add(index.having(key, wanted).slice(0, MOST / 4));
    for (const value of first(index.valuesOf(key).keys(), MOST_VALUES)) {
      if (value !== wanted && isNear(wanted, value)) add(index.having(key, value).slice(0, MOST / 4));
    }
    for (const other of keys) if (other !== key) add(index.having(other, wanted).slice(0, MOST / 4));
  }
  return found;
}

function first<T>(items: Iterable<T>, most: number): readonly T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= most) break;
    taken.push(item);
  }
  return taken;
}
