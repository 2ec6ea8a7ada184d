// What scan makes of a state where it reads every Pod, and where it reads those alone of which no other object tells all.
import { expect } from "vitest";
import { PATH_RESOURCES } from "../../../src/cli/input.ts";
import { diagnose } from "../../../src/diagnosis/diagnose.ts";
import type { Pod } from "../../../src/objects/pod.ts";
import type { Snapshot } from "../../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../../src/objects/snapshot-index.ts";
import { readCluster } from "../../../src/sources/cluster/collect.ts";
import { connectCluster } from "../../../src/sources/cluster/connection.ts";
import { subjectsOf } from "../../../src/trace/subjects.ts";
import type { World } from "./world.ts";

/** Later than anything of a Pod is young: nobody is to wait for that. */
const LATER_SECONDS = 600;
const TRIES = 5;

interface Readings {
  /** Every Pod was read. */
  readonly full: Snapshot;
  /** Each Pod of which a question is open was read, and no other. */
  readonly less: Snapshot;
}

/** Both at a moment to come, as if nothing happened until then. */
export async function readBoth({ kubeconfig, namespace }: Pick<World, "kubeconfig" | "namespace">): Promise<Readings> {
  const connection = await connectCluster(
    { kubeconfig },
    { env: process.env, cwd: process.cwd(), interactive: false, userAgent: "kheadless/test" },
  );
  const now = new Date(Date.now() + LATER_SECONDS * 1000);
  const request = { namespaces: [namespace], resources: PATH_RESOURCES, clusterDns: true, configMaps: true };
  const read = async (lessPods?: { readonly now: Date; readonly requestWorth: number }): Promise<Snapshot> => {
    const scope = { ...request, clusterDomain: null, bulk: true, lessPods };
    const snapshot = await readCluster(connection, scope, new AbortController().signal);
    return { ...snapshot, takenAt: now.toISOString() };
  };
  try {
    // As if requests cost nothing, so that not one Pod more is read.
    return { full: await read(), less: await read({ now, requestWorth: 0 }) };
  } finally {
    connection.close();
  }
}

/** Holds the two alike: every finding, every link, everything that is unchecked. */
export async function holdScansAlike(world: Pick<World, "kubeconfig" | "namespace">): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { full, less } = await readBoth(world);
    const [wanted, got] = [told(full, world.namespace), told(less, world.namespace)];
    // Something may have changed between the two.
    if (JSON.stringify(wanted) !== JSON.stringify(got) && tries < TRIES) continue;
    expect(got).toEqual(wanted);
    return;
  }
}

/** Whether a Pod was put together of what other objects tell: then nothing is said of its containers. */
export function isStandIn({ status }: Pod): boolean {
  return status?.phase === "Running" && status.containerStatuses.length === 0;
}

function told(snapshot: Snapshot, namespace: string): unknown {
  const index = indexSnapshot(snapshot);
  const subjects = subjectsOf(index, { externalNames: true, namespace });
  const { services, findings, unchecked } = diagnose(index, {
    subjects,
    everything: true,
    severityOf: () => null,
    ignores: [],
  });
  return JSON.parse(
    JSON.stringify({ services, findings, unchecked }, (key, value) => {
      // Objects hold more than is told of them.
      if (key === "object" && value?.metadata !== undefined) return `${value.kind} ${value.metadata.name}`;
      // A probe that fails every second has failed once more by then.
      return typeof value === "string" ? value.replace(/\(\d+ times\)/g, "(many times)") : value;
    }),
  );
}
