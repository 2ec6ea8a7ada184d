import type { Event } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";

/** What kind of trouble a Pod is in; rules choose by it what to advise. */
export type TroubleKind =
  | "crash"
  | "image"
  | "container-config"
  | "completed"
  | "init-running"
  | "creating"
  | "unschedulable"
  | "scheduling-gated"
  | "unscheduled"
  | "no-address"
  | "node"
  | "failed"
  | "startup-probe"
  | "readiness-probe"
  | "readiness-gate"
  | "not-ready"
  /** Being deleted, within its time. */
  | "leaving"
  /** Being deleted, and kept by finalizers. */
  | "finalizers"
  /** Being deleted, overdue for no reason that the objects tell. */
  | "overdue";

/** Why a Pod does not answer, in Kubernetes' own words where it has them. */
export interface Trouble {
  readonly kind: TroubleKind;
  /** As kubectl shows it: `CrashLoopBackOff`, `ImagePullBackOff`, `Unschedulable`, `Evicted`. */
  readonly word: string;
  /** The container that is the reason; null where it is none. */
  readonly container: { readonly name: string; readonly init: boolean } | null;
  /** A clause that fits one Pod and many: `container app exits with code 1`. */
  readonly clause: string;
  /** Pods of one workload with the same are in the same trouble. */
  readonly key: string;
  readonly evidence: readonly string[];
  /** Since when, RFC 3339; null where nothing tells. */
  readonly since: string | null;
  /** Still within the time that a start takes: no fault yet while others answer. */
  readonly starting: boolean;
}

/** What tells a trouble apart, without what is the same for most. */
type Told = Pick<Trouble, "kind" | "word" | "clause"> &
  Partial<Pick<Trouble, "container" | "evidence" | "since" | "starting">> & { readonly detail?: string };

export function trouble({ kind, word, clause, detail = "", ...rest }: Told): Trouble {
  const { container = null, evidence = [], since = null, starting = false } = rest;
  const key = [kind, container?.name ?? "", detail].join(" ");
  return { kind, word, container, clause, key, evidence, since, starting };
}

/** `container app`, `init container migrate`. */
export function containerText(name: string, init: boolean): string {
  return `${init ? "init container" : "container"} ${name}`;
}

/** The last Event of a Pod with one of these reasons whose message passes; null without. */
export function lastEvent(
  events: readonly Event[],
  reasons: readonly string[],
  about: (message: string) => boolean = () => true,
): Event | null {
  let last: Event | null = null;
  for (const event of events) {
    if (!reasons.includes(event.reason) || !about(event.message)) continue;
    if (last === null || (event.lastSeen ?? "") > (last.lastSeen ?? "")) last = event;
  }
  return last;
}

/** `event FailedMount (7 times): MountVolume.SetUp failed ...`. */
export function eventText({ reason, message, count }: Event): string {
  return `event ${reason}${count > 1 ? ` (${count} times)` : ""}: ${oneLine(message)}`;
}

/** Messages of runtimes and probes come with line ends and runs of blanks. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** One line of at most `limit` characters: a probe may be a whole shell script. */
export function shortened(text: string, limit = 80): string {
  const line = oneLine(text);
  return line.length <= limit ? line : `${line.slice(0, limit - 3)}...`;
}

/** The last time that one of the Pod's conditions changed; its creation where it has none yet. */
export function lastChange(pod: Pod): string | null {
  let last = pod.metadata.creationTimestamp ?? "";
  for (const { lastTransitionTime } of pod.status?.conditions ?? []) {
    if (lastTransitionTime !== null && lastTransitionTime > last) last = lastTransitionTime;
  }
  return last || null;
}
