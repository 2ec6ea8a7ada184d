// Builds the cluster's binaries from the Go modules beside this file, once per content of those modules.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { arch, env, pid } from "node:process";
import { CannotRunHere, onPath, run, say, withLock } from "./run.ts";
import { cacheFolder, kubernetesVersion } from "./settings.ts";

const modules = join(import.meta.dirname, "modules");
const kubernetesModule = join(modules, "kubernetes");
const corednsModule = join(modules, "coredns");

const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(kubernetesVersion) ?? [];
const versionFlags = [`gitVersion=${kubernetesVersion}`, `gitMajor=${major}`, `gitMinor=${minor}`]
  .map((setting) => `-X k8s.io/component-base/version.${setting}`)
  .join(" ");

const kubernetesCommands = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
  "kubectl",
];

const builds = [
  {
    says: "kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, kubelet and kubectl",
    module: kubernetesModule,
    linker: `-s -w ${versionFlags}`,
    output: "",
    packages: kubernetesCommands.map((command) => `k8s.io/kubernetes/cmd/${command}`),
  },
  { says: "etcd", module: kubernetesModule, linker: "-s -w", output: "etcd", packages: ["go.etcd.io/etcd/server/v3"] },
  { says: "CoreDNS", module: corednsModule, linker: "-s -w", output: "coredns", packages: ["."] },
];

/** The caller's own Go settings must not change what is built. */
const goEnvironment = {
  ...env,
  CGO_ENABLED: "0",
  GOOS: "linux",
  GOARCH: arch === "x64" ? "amd64" : arch,
  GO111MODULE: "on",
  GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
  GOWORK: "off",
};

async function cacheKey(): Promise<string> {
  const hash = createHash("sha256");
  for (const module of [kubernetesModule, corednsModule]) {
    for (const name of readdirSync(module).sort()) hash.update(`${name}\n`).update(readFileSync(join(module, name)));
  }
  const goVersion = await run("go", ["env", "GOVERSION"], { cwd: kubernetesModule, env: goEnvironment });
  return hash
    .update(JSON.stringify([goVersion.trim(), arch, goEnvironment.GOFLAGS, builds.map(({ linker }) => linker)]))
    .digest("hex")
    .slice(0, 16);
}

/** The folder that holds the binaries; it is built where it is missing. */
export async function binaries(): Promise<string> {
  if (!onPath("go")) throw new CannotRunHere("Go is missing: the cluster's binaries are built with it");
  const finished = join(cacheFolder, await cacheKey());
  if (existsSync(finished)) return finished;

  return withLock(join(cacheFolder, "build.lock"), async () => {
    if (existsSync(finished)) return finished;
    // Whoever held the lock before and died left a folder that nobody will finish.
    for (const name of readdirSync(cacheFolder)) {
      if (name.startsWith("building-")) rmSync(join(cacheFolder, name), { recursive: true, force: true });
    }
    const building = join(cacheFolder, `building-${pid}`);
    mkdirSync(building);
    for (const { says, module, linker, output, packages } of builds) {
      say(`building ${says} (the first time this takes minutes)`);
      const started = Date.now();
      await run("go", ["build", `-ldflags=${linker}`, "-o", `${building}/${output}`, ...packages], {
        cwd: module,
        env: goEnvironment,
      });
      say(`built in ${Math.round((Date.now() - started) / 1000)} s`);
    }
    // Only a complete folder ever gets its final name.
    renameSync(building, finished);
    return finished;
  });
}
