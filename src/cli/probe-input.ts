import { unavailable } from "../objects/collected.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot } from "../objects/snapshot-index.ts";
import { serviceConnects, serviceQuestions } from "../trace/errand-plan.ts";
import type { Context } from "./context.ts";
import { isProbeError, UsageError } from "./errors.ts";
import { manifestInputsOf, readScope, type Scope } from "./input.ts";
import { withCluster } from "./live.ts";
import type { InputOptions, ObserveOptions } from "./options.ts";
import { askInside, prepareErrand, type WantedFrom } from "./probe-ask.ts";
import { countOf, type PlaceOptions, placeOf, timeoutOf } from "./probe-options.ts";
import { agreed } from "./probe-run.ts";
import type { ServiceArgument } from "./service-argument.ts";
import { subjectsAsked } from "./subjects.ts";

/** What `doctor --probe` takes. */
export interface DoctorProbeOptions extends PlaceOptions {
  readonly probe?: true;
  readonly count?: string;
}

/**
 * Reads the cluster, asks from inside it, and reads it again. Where nothing could be asked there, that is part of what is
 * known: the rest is judged all the same.
 */
export async function probeInput(
  named: readonly ServiceArgument[],
  scope: Scope,
  options: InputOptions & ObserveOptions & DoctorProbeOptions,
  context: Context,
): Promise<Snapshot> {
  if (options.live || options.snapshot !== undefined || manifestInputsOf(options).length > 0) {
    throw new UsageError("--probe asks a running cluster: it does not go with manifests or --snapshot");
  }
  if (options.observe) throw new UsageError("--probe asks every replica, too: leave --observe away");
  const timeout = timeoutOf(options);
  const rounds = countOf(options);
  const { DEFAULT_IMAGE } = await import("../probe/index.ts");
  // Whatever is wrong with the options is told before a cluster is looked for.
  placeOf(options, "default", DEFAULT_IMAGE);
  return withCluster(options, context, async (live) => {
    // Policies go by namespace: a Service's clients are most often its neighbours.
    const namespace = named[0]?.namespace ?? live.connection.namespace;
    const place = placeOf(options, namespace, DEFAULT_IMAGE);
    const reread = (): Promise<Snapshot> => readScope(live.connection, options, scope, live.interrupted);
    const before = await reread();
    const wanted: WantedFrom = (snapshot, zone) => {
      const index = indexSnapshot(snapshot);
      const subjects = subjectsAsked(index, named, options);
      return {
        questions: serviceQuestions(index, zone, subjects, []),
        connects: serviceConnects(index, subjects),
        rounds,
      };
    };
    if (!(await agreed(place, options, live, context))) {
      return withoutProbe(before, "nothing was put into the Pod");
    }
    const prepared = await prepareErrand(before, place, wanted, timeout);
    try {
      return (await askInside(live, place, before, prepared, reread, timeout, context)).snapshot;
    } catch (error) {
      // What was asked for cannot be: that is the user's to put right.
      if (!isProbeError(error) || error.exitCode === 2) throw error;
      const advice = error.advice === "" ? "" : `; ${error.advice}`;
      return withoutProbe(before, `nothing could be asked from inside: ${error.message}${advice}`);
    }
  });
}

function withoutProbe(snapshot: Snapshot, because: string): Snapshot {
  const none = { access: null, logs: null, observations: null };
  return { ...snapshot, clusterDns: { ...none, ...snapshot.clusterDns, probe: unavailable(because) } };
}
