// The one-machine cluster as a whole: starting it, ending it, and telling whether it is well.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Api, openApi, reference } from "./api.ts";
import { binaries } from "./build.ts";
import { writeKubeconfig } from "./certificates.ts";
import { clusterDnsReady, installClusterDns } from "./cluster-dns.ts";
import { describeMissing, missingDaemons, startContainerd, startControlPlane, startNode } from "./daemons.ts";
import { importImages } from "./images.ts";
import { checkMachine, installPackages } from "./packages.ts";
import { ClusterError, say, waitFor, withLock } from "./run.ts";
import { createSandbox, destroySandbox, runInNetwork } from "./sandbox.ts";
import { adminKubeconfig, clusterDomain, dnsAddress, nodeName, runFolder } from "./settings.ts";

/** Written last, and names the binaries that run: a folder without it holds a cluster that never got up. */
const finishedFile = join(runFolder, "up");
/** A folder can be locked too, and no file stays behind. */
const lock = dirname(runFolder);
const node = reference("v1", "Node", nodeName);

async function nodeIsReady(api: Api): Promise<true | undefined> {
  const conditions: { type: string; status: string }[] = (await api.find(node))?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True") || undefined;
}

async function dnsAnswers(): Promise<true | undefined> {
  const answer = await runInNetwork(
    "dig",
    "+short",
    "+time=1",
    "+tries=1",
    `@${dnsAddress}`,
    `kubernetes.default.svc.${clusterDomain}`,
  );
  return answer.trim() === "10.96.0.1" || undefined;
}

/** Why the cluster can't be used as it is; undefined where it can. */
async function whatIsWrong(): Promise<string | undefined> {
  if (!existsSync(runFolder)) return "it is not up";
  if (!existsSync(finishedFile)) return "an earlier start was not finished";
  const missing = missingDaemons();
  if (missing.length > 0) return `${missing.join(", ")} ended`;
  try {
    const api = await openApi(adminKubeconfig);
    try {
      await api.request("GET", "/readyz");
      if (!(await nodeIsReady(api))) return "its node is not ready";
    } finally {
      api.close();
    }
  } catch (error) {
    return `its API server does not answer: ${error instanceof Error ? error.message : error}`;
  }
  return undefined;
}

/** Starts the cluster unless it is up and well. Whatever is half there is removed first. Gives the folder of its programs. */
export async function up(): Promise<string> {
  await checkMachine();
  await installPackages();
  const bin = await binaries();
  await withLock(lock, async () => {
    const outdated = existsSync(finishedFile) && readFileSync(finishedFile, "utf8") !== bin;
    const wrong = outdated ? "it runs other binaries" : await whatIsWrong();
    if (wrong === undefined) return;
    if (await destroySandbox()) say(`removed the cluster that was there: ${wrong}`);
    await start(bin);
  });
  return bin;
}

async function start(bin: string): Promise<void> {
  const started = Date.now();
  say("starting");
  await createSandbox();
  const runtime = startContainerd().then(() => importImages(bin));
  // Its failure is told below, where it is waited for.
  runtime.catch(() => {});
  let api: Api | undefined;
  try {
    await startControlPlane(bin, async () => {
      await writeKubeconfig(adminKubeconfig, "admin", ["system:masters"]);
      api ??= await openApi(adminKubeconfig);
      await api.request("GET", "/readyz");
    });
    if (!api) throw new ClusterError("no client for the API server");
    const client: Api = api;
    await installClusterDns(client);
    await runtime;
    await startNode(bin);
    await waitFor("the node", 60, () => nodeIsReady(client), describeMissing);
    await clusterDnsReady(client);
    await waitFor("an answer of the cluster's DNS", 30, dnsAnswers, describeMissing);
  } finally {
    api?.close();
    await runtime.catch(() => {});
  }
  writeFileSync(finishedFile, bin);
  say(`up after ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Ends the cluster and removes all that it made. True if there was anything. */
export const down = (): Promise<boolean> => withLock(lock, destroySandbox);
