// What tests need of a real cluster. They get a user's own one, or the one-machine cluster, and can't tell which.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { env } from "node:process";
import { type Api, type KubeObject, openApi, readAccess, reference } from "./api.ts";
import { subject, writeKubeconfigFile } from "./certificates.ts";
import { up } from "./one-machine.ts";
import { CannotRunHere, run } from "./run.ts";
import { adminKubeconfig, images } from "./settings.ts";

export * from "./api.ts";
export {
  applyCorefile,
  defaultCorefile,
  readCorefile,
  restartClusterDns,
  scaleClusterDns,
  withCorefile,
} from "./cluster-dns.ts";
export { withFakeNodes } from "./fake-nodes.ts";
export { runInNetwork } from "./sandbox.ts";

/** An image with a shell, busybox and dig. In a user's own cluster it is pulled. */
export const toolsImage = images.probe;

export interface TestCluster {
  readonly kubeconfig: string;
  readonly how: "given" | "one-machine";
  /** As its administrator. */
  readonly api: Api;
}

/**
 * The cluster that the tests use: the one of KHEADLESS_TEST_KUBECONFIG if that is set, else the one-machine cluster,
 * which is started where it isn't up. Where this machine can't run it there is a reason to skip, except in CI.
 */
export async function clusterForTests(): Promise<TestCluster | { readonly skip: string }> {
  const given = env.KHEADLESS_TEST_KUBECONFIG;
  if (given) return { kubeconfig: given, how: "given", api: await openApi(given) };
  try {
    // Remedies are pasted with the cluster's own kubectl: a bare machine has none, and another one's may be years apart.
    env.PATH = [await up(), env.PATH].join(delimiter);
  } catch (error) {
    if (error instanceof CannotRunHere && !env.CI) return { skip: error.message };
    throw error;
  }
  return { kubeconfig: adminKubeconfig, how: "one-machine", api: await openApi(adminKubeconfig) };
}

/** Gives `work` a namespace of its own, ready for Pods, and removes it with all that is in it. */
export async function withNamespace<T>(
  api: Api,
  work: (namespace: string) => Promise<T>,
  labels: Record<string, string> = {},
): Promise<T> {
  const name = `kheadless-test-${randomBytes(4).toString("hex")}`;
  await api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  try {
    // No Pod is admitted before its service account is there.
    await api.wait(reference("v1", "ServiceAccount", "default", name), (account) => account !== undefined);
    return await work(name);
  } finally {
    await removeNamespace(api, name);
  }
}

async function removeNamespace(api: Api, namespace: string): Promise<void> {
  await api.delete(reference("v1", "Namespace", namespace));
  // Nobody confirms the end of a Pod on a fake node, and nobody takes off a finalizer that a test has put on.
  await api.waitForAll({ apiVersion: "v1", kind: "Pod", namespace }, (pods) => {
    for (const pod of pods) void releasePod(api, pod);
    return pods.length === 0;
  });
}

async function releasePod(api: Api, pod: KubeObject): Promise<void> {
  try {
    if (pod.metadata.finalizers?.length) await api.patch(pod, { metadata: { finalizers: null } });
    await api.delete(pod, { now: true });
  } catch {
    // It has gone meanwhile, or the next look finds it again.
  }
}

/** A kubeconfig for a user who has no right but those that RBAC gives to its name and groups. */
export async function kubeconfigFor(
  { api, kubeconfig }: TestCluster,
  user: string,
  groups: readonly string[] = [],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kheadless-user-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, "key");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const signingRequest = await run("openssl", ["req", "-new", ...newKey, "-subj", subject(user, groups)]);

  // The cluster's own API signs: that works in any cluster, not only where the CA's key is at hand.
  const request = await api.create({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: `kheadless-test-${randomBytes(4).toString("hex")}` },
    spec: {
      request: Buffer.from(signingRequest).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth", "digital signature"],
    },
  });
  try {
    const approved = { type: "Approved", status: "True", reason: "Test", message: "asked for by a test" };
    const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${request.metadata.name}/approval`;
    await api.request("PUT", path, { ...request, status: { conditions: [approved] } });
    const signed = await api.wait(request, (found) => Boolean(found?.status?.certificate));
    return writeKubeconfigFile(join(folder, "kubeconfig"), (await readAccess(kubeconfig)).cluster, {
      "client-certificate-data": signed?.status.certificate,
      "client-key-data": readFileSync(keyFile).toString("base64"),
    });
  } finally {
    await api.delete(request);
  }
}
