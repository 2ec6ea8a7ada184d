import type { DnsQuestion } from "./observation.ts";
import type { Snapshot } from "./snapshot.ts";

/** A replica of cluster DNS that can be asked. */
export interface DnsReplica {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly ready: boolean;
  /** Where it listens for DNS over TCP, within the Pod. */
  readonly port: number;
}

/** What to ask the replicas of cluster DNS, worked out from what was read; asked again where everything is read anew. */
export interface ObservationPlan {
  /** Why nobody can be asked, where there is nobody. */
  replicas(snapshot: Snapshot): { readonly replicas: readonly DnsReplica[]; readonly because: string };
  questions(snapshot: Snapshot): readonly DnsQuestion[];
  /** The questions whose answers are not what the Snapshot, which holds them, lets one expect. */
  doubts(snapshot: Snapshot): readonly DnsQuestion[];
  /** Those of the questions of which both Snapshots let one expect the same. */
  steady(before: Snapshot, after: Snapshot, questions: readonly DnsQuestion[]): readonly DnsQuestion[];
}
