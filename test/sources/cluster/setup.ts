// What the tests of the live source share; everything is ended with the test that asked for it.
import { onTestFinished } from "vitest";
import { type ClusterConnection, type ClusterFlags, connectCluster } from "../../../src/sources/cluster/connection.ts";
import { ClusterError } from "../../../src/sources/cluster/errors.ts";
import { type Folder, kubeconfigFor, makeFolder } from "../../api-server/kubeconfig.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../../api-server/server.ts";

export async function serve(options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = await startApiServer(options);
  onTestFinished(() => server.close());
  return server;
}

export async function folder(): Promise<Folder> {
  const made = await makeFolder();
  onTestFinished(() => made.remove());
  return made;
}

export interface Parts {
  readonly user?: object;
  readonly cluster?: object;
  readonly context?: object;
  readonly flags?: ClusterFlags;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A connection through a kubeconfig written for this server. */
export async function connectTo(
  server: Pick<ApiServer, "url" | "authority">,
  parts: Parts = {},
): Promise<ClusterConnection> {
  const { path, write } = await folder();
  const kubeconfig = await write("config", kubeconfigFor(server, parts.user, parts.cluster, parts.context));
  const connection = await connectCluster(
    { kubeconfig, ...parts.flags },
    { env: { PATH: process.env.PATH, ...parts.env }, cwd: path, interactive: false, userAgent: "kheadless/test" },
  );
  onTestFinished(() => connection.close());
  return connection;
}

/** The ClusterError that it ends with. */
export async function errorOf(work: Promise<unknown>): Promise<ClusterError> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof ClusterError) return error;
  throw error;
}

export const never = new AbortController().signal;
