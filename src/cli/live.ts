import type { ClusterConnection } from "../sources/cluster/connection.ts";
import { type Context, notice } from "./context.ts";
import { Interrupted } from "./errors.ts";
import type { InputOptions } from "./options.ts";
import type { StopSignal } from "./streams.ts";

/** A cluster that is worked with, and who may end that. */
export interface Live {
  readonly connection: ClusterConnection;
  /** Ctrl-C, or whatever else asks us to end. */
  readonly interrupted: AbortSignal;
  /** The same again: then nothing is cleaned up any more. */
  readonly abandoned: AbortSignal;
}

const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Connects as the options say, and closes the connection when `work` is done; whoever is interrupted ends by itself, and may
 * take the time to undo what it did to the cluster.
 */
export async function withCluster<T>(
  options: InputOptions,
  context: Context,
  work: (live: Live) => Promise<T>,
): Promise<T> {
  const { streams, version } = context;
  const { connectCluster } = await import("../sources/cluster.ts");
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort(new Interrupted());
  for (const signal of STOP_SIGNALS) streams.on?.(signal, stop);
  try {
    const connection = await connectCluster(options, {
      env: streams.env,
      cwd: streams.cwd(),
      interactive: streams.stdin.isTTY === true,
      userAgent: `kheadless/${version}`,
    });
    const { missingUser, description } = connection;
    if (missingUser !== null) {
      notice(
        context,
        `the kubeconfig has no user ${JSON.stringify(missingUser)}, which ${description} names: nobody asks`,
      );
    }
    try {
      return await work({ connection, interrupted: first.signal, abandoned: second.signal });
    } finally {
      connection.close();
    }
  } finally {
    for (const signal of STOP_SIGNALS) streams.off?.(signal, stop);
  }
}
