import type { ClusterConnection } from "../sources/cluster/connection.ts";

/** What of a connection the probe needs: requests, and streams for exec. */
export type ProbeAccess = Pick<ClusterConnection, "api" | "forward">;

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** How far a Pod, or a container put into one, has come. */
export type Stage = "creating" | "scheduling" | "pulling" | "starting" | "running" | "reading" | "removing";

export interface Progress {
  readonly pod: PodName;
  readonly stage: Stage;
  /** What the Pod's own conditions and events say of it; "" for nothing. */
  readonly because: string;
}

/** Who waits for a probe: is told how it goes, and may end it. */
export interface ProbeWatch {
  /** Gives up what is under way, and cleans up. */
  readonly interrupted: AbortSignal;
  /** Gives up the cleaning, too. */
  readonly abandoned: AbortSignal;
  progress(progress: Progress): void;
  /** For people: something is not as it was asked for. */
  notice(text: string): void;
  /** A Pod of ours that could not be removed, and why. */
  left(pod: PodName, because: string): void;
}

/** How long to wait, and until when a log is not yet whole. */
export interface RunOptions {
  /** Milliseconds for one Pod, from its creation to its log. */
  readonly timeout: number;
  /** Whether a log holds all that the program had to say: the kubelet may hand it out before its end is written. */
  isWhole(log: string): boolean;
}

/** Milliseconds from the start of the run, on this machine's clock; null where it was not seen. */
export interface Timings {
  /** The API server has taken the Pod or the container. */
  readonly created: number;
  readonly scheduled: number | null;
  readonly running: number | null;
  readonly ended: number;
  /** The log was read. */
  readonly read: number;
}

/** What a program wrote at one place in the cluster. */
export interface VantageRun {
  /** All of its standard output. */
  readonly log: string;
  readonly exitCode: number;
  /** The Pod that it ran in: one of ours, or the client's own. */
  readonly pod: PodName;
  /** "" where it is not known. */
  readonly node: string;
  readonly timings: Timings;
}
