/** Milliseconds from the command's start, on this machine's clock; null where it never came to that. */
export interface PodTimings {
  readonly created: number | null;
  readonly scheduled: number | null;
  /** The container runs. */
  readonly started: number | null;
  readonly ended: number | null;
  readonly logRead: number | null;
}

/** What a program wrote at one place in the cluster. */
export interface VantageRun {
  /** All of its standard output. */
  readonly log: string;
  /** The Pod that it ran in: one of ours, or the client's own. */
  readonly pod: { readonly namespace: string; readonly name: string };
  /** "" where it is not known. */
  readonly node: string;
  readonly timings: PodTimings;
}
