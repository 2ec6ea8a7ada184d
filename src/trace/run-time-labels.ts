import type { LabelIndex } from "../kubernetes/label-selector.ts";
import type { Labels } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";

/** Parts that the Pods of one workload take turns in. */
const PART = /^(master|primary|leader|replica|slave|secondary|follower|standby|active|writer|reader)$/i;
/** Keys that say by themselves that it is such a part: `vault-active`, `spilo-role`, `redis.example.com/master`. */
const PART_KEY = /(^|[-_./])(active|leader|master|primary|standby|sealed|initialized|elected|[a-z0-9]+-role)$/i;

/**
 * Whether a label is of the kind that operators, or the Pods themselves, put on running Pods to tell which part each
 * plays: no template has it, and only some Pods of a workload do.
 */
export function isRunTimeLabel(key: string, value: string): boolean {
  return PART.test(value) || PART_KEY.test(key) || isOperators(key);
}

/** `strimzi.io/...`: a label under a domain that is not Kubernetes' own is put there by an operator, as it sees fit. */
function isOperators(key: string): boolean {
  const slash = key.indexOf("/");
  return slash > 0 && !/(^|\.)(kubernetes|k8s)\.io$/.test(key.slice(0, slash));
}

/**
 * The label of a selector, as `role=master`, that alone keeps it from matching Pods which do not exist yet: one that they
 * are given while they run, and now have no value of; null where there is none, or something else is missing too.
 */
export function awaitedLabel(selector: Labels, pods: LabelIndex<Pod>): string | null {
  const entries = Object.entries(selector);
  const awaited = entries.filter(([key, value]) => isRunTimeLabel(key, value));
  const [first] = awaited;
  if (first === undefined || awaited.length === entries.length) return null;
  const others = Object.fromEntries(entries.filter((entry) => !awaited.includes(entry)));
  const meant = pods
    .matching(others)
    .some(
      ({ status, metadata: { labels } }) =>
        status === null &&
        awaited.some(([key]) => labels[key] === undefined) &&
        awaited.every(([key, value]) => labels[key] === undefined || labels[key] === value),
    );
  return meant ? `${first[0]}=${first[1]}` : null;
}
