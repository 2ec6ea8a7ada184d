// The test CA, the certificates that it signs, and kubeconfigs with them.
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { firstServiceAddress, nodeAddress, runFolder, server } from "./settings.ts";

const folder = join(runFolder, "certificates");
export const certificate = (name: string): string => join(folder, `${name}.crt`);
export const publicKey = (name: string): string => join(folder, `${name}.pub`);
export const key = (name: string): string => join(folder, `${name}.key`);

const keyArguments = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate's subject, as `openssl` reads it: a user name may hold slashes. */
export const subject = (user: string, groups: readonly string[]): string =>
  [...groups.map((group) => ["O", group]), ["CN", user]]
    .map(([field, value]) => `/${field}=${value?.replaceAll(/[\\/+]/g, "\\$&")}`)
    .join("");

async function sign(name: string, user: string, groups: readonly string[], ...extensions: string[]): Promise<void> {
  const extra = extensions.flatMap((extension) => ["-addext", extension]);
  const signer = ["-CA", certificate("ca"), "-CAkey", key("ca"), "-days", "3650"];
  const files = ["-out", certificate(name), "-keyout", key(name)];
  const usage = ["-addext", "keyUsage=digitalSignature", "-addext", "basicConstraints=CA:FALSE"];
  const args = ["req", "-x509", ...keyArguments, ...signer, ...files, "-subj", subject(user, groups), ...usage];
  await run("openssl", [...args, ...extra]);
}

/** All that the control plane and the node show each other. */
export async function createCertificates(): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ca = ["-out", certificate("ca"), "-keyout", key("ca"), "-days", "3650", "-subj", "/CN=kheadless test cluster"];
  await run("openssl", ["req", "-x509", ...keyArguments, ...ca, "-addext", "keyUsage=keyCertSign,cRLSign"]);
  const names = ["", ".default", ".default.svc", ".default.svc.cluster.local"].map((end) => `DNS:kubernetes${end}`);
  const addresses = [nodeAddress, firstServiceAddress, "127.0.0.1"].map((address) => `IP:${address}`);
  const client = "extendedKeyUsage=clientAuth";
  const tokens = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  writeFileSync(key("tokens"), tokens.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(publicKey("tokens"), tokens.publicKey.export({ type: "spki", format: "pem" }));
  await Promise.all([
    sign("server", "kube-apiserver", [], `subjectAltName=${[...names, "DNS:localhost", ...addresses].join(",")}`),
    sign("to-kubelet", "kube-apiserver-kubelet-client", ["system:masters"], client),
  ]);
}

/** A kubeconfig for one user, signed by the test CA. JSON is YAML too, and needs no parser but Node's. */
export async function writeKubeconfig(file: string, user: string, groups: readonly string[] = []): Promise<string> {
  const name = user.replaceAll(/[^a-z0-9-]/gi, "-");
  if (!existsSync(key(name))) await sign(name, user, groups, "extendedKeyUsage=clientAuth");
  const data = (path: string) => readFileSync(path).toString("base64");
  const cluster = { server, "certificate-authority-data": data(certificate("ca")) };
  const credentials = { "client-certificate-data": data(certificate(name)), "client-key-data": data(key(name)) };
  return writeKubeconfigFile(file, cluster, credentials);
}

export function writeKubeconfigFile(file: string, cluster: object, credentials: object): string {
  const name = "kheadless-test";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    users: [{ name, user: credentials }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return file;
}
