// Container images without a registry: a folder becomes the one layer of an archive that containerd imports.
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./run.ts";
import { runInside } from "./sandbox.ts";
import { containerdSocket, images, runFolder } from "./settings.ts";

interface Image {
  readonly names: readonly string[];
  readonly command: { readonly Entrypoint?: readonly string[]; readonly Cmd?: readonly string[] };
  fill(root: string): Promise<void>;
}

const add = (root: string, from: string, to = from): void => {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  copyFileSync(from, join(root, to));
};

/** A program with the shared libraries that it loads. */
async function addProgram(root: string, program: string): Promise<void> {
  add(root, program, `/usr/bin/${basename(program)}`);
  const libraries = (await run("ldd", [program])).match(/(?<=\s)\/\S+(?= \()/g) ?? [];
  for (const library of libraries) add(root, library);
}

async function programPath(name: string): Promise<string> {
  return (await run("sh", ["-c", `readlink -f "$(command -v ${name})"`])).trim();
}

/** The dynamic busybox: the static one's wget and nslookup crash when they look up a name. */
async function addBusybox(root: string): Promise<void> {
  const busybox = await programPath("busybox");
  await addProgram(root, busybox);
  mkdirSync(join(root, "bin"));
  for (const applet of (await run(busybox, ["--list"])).trim().split("\n")) {
    symlinkSync("/usr/bin/busybox", join(root, "bin", basename(applet)));
  }
}

const pause: Image = {
  names: [images.pause],
  command: { Entrypoint: ["/bin/sleep", "2147483"] },
  fill: addBusybox,
};

const tools: Image = {
  names: [images.tools, images.probe],
  command: { Entrypoint: ["/agnhost"], Cmd: ["pause"] },
  async fill(root) {
    await addBusybox(root);
    await addProgram(root, await programPath("dig"));
    mkdirSync(join(root, "tmp"));
    chmodSync(join(root, "tmp"), 0o1777);
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnobody:x:65534:\n");
    writeFileSync(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
    // The one command of the image whose name we borrow that Pods run without naming a command of their own.
    writeFileSync(join(root, "agnhost"), "#!/bin/sh\ntrap 'exit 0' TERM INT\nsleep 2147483 &\nwait\n", { mode: 0o755 });
  },
};

const coredns = (binaries: string): Image => ({
  names: [images.coredns],
  command: { Entrypoint: ["/coredns"] },
  async fill(root) {
    add(root, join(binaries, "coredns"), "/coredns");
  },
});

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

async function importImage(image: Image): Promise<void> {
  const folder = join(runFolder, "images", sha256(image.names.join()).slice(0, 8));
  const root = join(folder, "root");
  const archive = join(folder, "archive");
  mkdirSync(root, { recursive: true });
  mkdirSync(archive);
  await image.fill(root);

  const layer = join(archive, "layer.tar");
  await run("tar", ["-C", root, "--owner=0", "--group=0", "--numeric-owner", "-cf", layer, "."]);
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/usr/bin:/bin"], ...image.command },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(readFileSync(layer))}`] },
  });
  const configName = `${sha256(config)}.json`;
  writeFileSync(join(archive, configName), config);
  const manifest = [{ Config: configName, RepoTags: image.names, Layers: ["layer.tar"] }];
  writeFileSync(join(archive, "manifest.json"), JSON.stringify(manifest));

  const file = join(folder, "image.tar");
  await run("tar", ["-C", archive, "-cf", file, "manifest.json", configName, "layer.tar"]);
  await runInside("ctr", "--address", containerdSocket, "--namespace", "k8s.io", "images", "import", file);
  rmSync(folder, { recursive: true });
}

/** Puts all images where the kubelet finds them. */
export async function importImages(binaries: string): Promise<void> {
  await Promise.all([pause, tools, coredns(binaries)].map(importImage));
}
