import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Collected, present } from "../../src/objects/collected.ts";
import type { Service } from "../../src/objects/service.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { InputError } from "../../src/sources/input-error.ts";
import { readManifests } from "../../src/sources/manifests.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n`;

function write(path: string, content: string | Buffer): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

interface Given {
  readonly recursive?: boolean;
  readonly stdin?: string;
  readonly exclude?: readonly string[];
}

function read(
  inputs: readonly string[],
  { recursive = false, stdin = "", exclude = [] }: Given = {},
): Promise<Snapshot> {
  return readManifests(inputs, {
    recursive,
    exclude,
    defaultNamespace: "default",
    clusterDomain: null,
    stdin: Readable.from([stdin]),
  });
}

function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path]);
}

function services({ lists }: Snapshot): readonly Service[] {
  return lists.services.flatMap(({ result }: { result: Collected<Service> }) => present(result));
}
const names = (snapshot: Snapshot) => services(snapshot).map(({ metadata }) => metadata.name);

async function refusal(inputs: readonly string[], options?: Given): Promise<string> {
  const error = await read(inputs, options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw new Error(`no InputError but ${String(error)}`);
  expect(error.message).not.toContain("\n");
  return error.message.replaceAll(folder, "…");
}

describe("files", () => {
  test("are read in the order in which they are named, and their objects keep the name that the user gave", async () => {
    const [second, first] = [write("b.yaml", service("b")), write("a.yaml", service("a"))];
    const snapshot = await read([second, first]);
    expect(names(snapshot)).toEqual(["b", "a"]);
    expect(services(snapshot)[0]?.origin?.start).toEqual({ file: second, line: 1, column: 1 });
    expect(snapshot.source).toEqual({ kind: "manifests", description: `${second}, ${first}` });
    expect(snapshot.takenAt).toBeNull();
  });

  test("of any name are read where the user names them", async () => {
    expect(names(await read([write("manifest.txt", service("a"))]))).toEqual(["a"]);
  });

  test("named twice are read once", async () => {
    const file = write("a.yaml", `${service("a")}---\n- 1\n`);
    expect((await read([file, file])).invalid).toHaveLength(1);
    expect((await read([file, `${dirname(file)}/./a.yaml`])).invalid).toHaveLength(1);
  });

  test.each<[string, string | Buffer]>([
    ["CRLF", service("a").replaceAll("\n", "\r\n")],
    ["a byte order mark", `\ufeff${service("a")}`],
    ["a byte order mark and a document marker", `\ufeff---\n${service("a")}`],
    ["UTF-16, as PowerShell writes it", Buffer.from(`\ufeff${service("a")}`, "utf16le")],
    ["big-endian UTF-16", Buffer.from(`\ufeff${service("a")}`, "utf16le").swap16()],
    ["no line break at the end", service("a").trimEnd()],
    ["JSON", '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}'],
    [
      "JSON with tabs and a byte order mark",
      '\ufeff{\n\t"apiVersion": "v1",\n\t"kind": "Service",\n\t"metadata": {"name": "a"}\n}\n',
    ],
  ])("of %s are read", async (_, content) => {
    const snapshot = await read([write("a.yaml", content)]);
    expect(snapshot.invalid).toEqual([]);
    expect(names(snapshot)).toEqual(["a"]);
  });

  test("with bytes that are not UTF-8 lose the documents that hold them", async () => {
    const content = Buffer.concat([
      Buffer.from(`${service("a")}---\na: `),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from(`\n---\n${service("b")}`),
    ]);
    const snapshot = await read([write("a.yaml", content)]);
    expect(names(snapshot)).toEqual(["a", "b"]);
    expect(snapshot.invalid).toMatchObject([{ message: "this is not UTF-8", location: { line: 6, column: 4 } }]);
  });

  test("that are programs are told in one line", async () => {
    const snapshot = await read([write("a.yaml", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]))]);
    expect(snapshot.invalid).toMatchObject([{ message: "this is a binary file" }]);
  });

  test("may be pipes, as <(…) in a shell", async () => {
    const pipe = join(folder, "pipe");
    makePipe(pipe);
    const writing = promisify(execFile)("sh", ["-c", 'printf "%s" "$1" > "$2"', "sh", service("a"), pipe]);
    expect(names(await read([pipe]))).toEqual(["a"]);
    await writing;
  });
});

describe("standard input", () => {
  test("is read for -", async () => {
    const snapshot = await read(["-"], { stdin: `${service("a")}---\n${service("b")}` });
    expect(names(snapshot)).toEqual(["a", "b"]);
    expect(services(snapshot)[1]?.origin?.start).toEqual({ file: "<stdin>", line: 6, column: 1 });
    expect(snapshot.source.description).toBe("standard input");
  });

  test("cut inside a character is put together again", async () => {
    const bytes = Buffer.from(`${service("a")}  annotations: {a: "é😀"}\n`);
    const cut = bytes.indexOf(0x9f);
    const options = { recursive: false, defaultNamespace: "default", clusterDomain: null };
    const stdin = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(services(await readManifests(["-"], { ...options, stdin }))[0]?.metadata.annotations).toEqual({ a: "é😀" });
  });

  test("without an object is refused", async () => {
    expect(await refusal(["-"])).toBe("standard input holds no Kubernetes object");
    expect(await refusal(["-"], { stdin: "# nothing\n---\n" })).toBe("standard input holds no Kubernetes object");
  });
});

describe("folders", () => {
  test("give their .yaml, .yml and .json files in the order of their names", async () => {
    write("m/b.yml", service("b"));
    write("m/a.yaml", service("a"));
    write("m/c.json", JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "c" } }));
    write("m/readme.md", "# no manifest: [");
    write("m/deep/d.yaml", service("d"));
    const snapshot = await read([join(folder, "m")]);
    expect(names(snapshot)).toEqual(["a", "b", "c"]);
    expect(snapshot.source.description).toBe(`${join(folder, "m")} (3 files)`);
    expect(services(snapshot)[0]?.origin?.file).toBe(join(folder, "m", "a.yaml"));
  });

  test("give the files of their subfolders with recursive", async () => {
    for (const path of ["m/z.yaml", "m/a/x.yaml", "m/a/b/v.yaml", "m/c/w.yaml"]) {
      write(path, service(path.replace(/^.*\//, "").replace(".yaml", "")));
    }
    expect(names(await read([join(folder, "m")], { recursive: true }))).toEqual(["z", "x", "v", "w"]);
  });

  test("may hold links in a circle, pipes, folders that are called like files, and Emacs' locks", async () => {
    write("m/a.yaml", service("a"));
    symlinkSync(join(folder, "m"), join(folder, "m", "again.yaml"));
    symlinkSync(join(folder, "m"), join(folder, "m", "again"));
    symlinkSync("me@here.123", join(folder, "m", ".#a.yaml"));
    mkdirSync(join(folder, "m", "folder.yaml"));
    makePipe(join(folder, "m", "pipe.yaml"));
    const snapshot = await read([join(folder, "m")], { recursive: true });
    expect(names(snapshot)).toEqual(["a"]);
    expect(snapshot.invalid).toEqual([]);
  });

  test.each(["m", "m/*.yaml"])(
    "%s tells of links to nothing and to themselves, which kubectl would fail at",
    async (path) => {
      write("m/a.yaml", service("a"));
      symlinkSync(join(folder, "nowhere"), join(folder, "m", "dangling.yaml"));
      symlinkSync("self.yaml", join(folder, "m", "self.yaml"));
      const snapshot = await read([join(folder, path)]);
      expect(names(snapshot)).toEqual(["a"]);
      expect(snapshot.invalid.map(({ location, message }) => `${basename(location?.file ?? "")}: ${message}`)).toEqual([
        "dangling.yaml: it cannot be read: it is a symbolic link to what is not there",
        "self.yaml: it cannot be read: its symbolic links go in a circle",
      ]);
      // It may have held anything.
      expect(snapshot.lists.services[0]?.result.status).toBe("partial");
    },
  );

  test("named by a link are read, and so are links to files, as in a mounted ConfigMap", async () => {
    write("data/a.yaml", service("a"));
    mkdirSync(join(folder, "m"));
    symlinkSync("../data/a.yaml", join(folder, "m", "a.yaml"));
    symlinkSync("m", join(folder, "link"));
    expect(names(await read([join(folder, "link")]))).toEqual(["a"]);
  });

  test("may hold other things in YAML", async () => {
    write("m/a.yaml", service("a"));
    write("m/values.yaml", "replicas: 3\n");
    write("m/Chart.yaml", "apiVersion: v2\nname: chart\n");
    const snapshot = await read([join(folder, "m")]);
    expect(snapshot.invalid).toEqual([]);
    expect(names(snapshot)).toEqual(["a"]);
  });

  test("without a manifest are refused", async () => {
    write("m/readme.md", "x");
    write("n/deep/a.yaml", service("a"));
    write("o/values.yaml", "a: 1\n");
    expect(await refusal([join(folder, "m")])).toBe("folder …/m holds no .yaml, .yml, .json file");
    expect(await refusal([join(folder, "n")])).toBe(
      "folder …/n holds no .yaml, .yml, .json file (-R reads its subfolders too)",
    );
    expect(await refusal([join(folder, "m")], { recursive: true })).toBe("folder …/m holds no .yaml, .yml, .json file");
    expect(await refusal([join(folder, "o")])).toBe("…/o holds no Kubernetes object");
  });
});

describe("what cannot be read is refused in one line", () => {
  test("a path that is not there", async () => {
    expect(await refusal([join(folder, "a.yaml")])).toBe("cannot read …/a.yaml: there is no such file or folder");
    expect(await refusal([join(write("a.yaml", service("a")), "b.yaml")])).toBe(
      "cannot read …/a.yaml/b.yaml: a part of the path is no folder",
    );
  });

  test("a link to itself", async () => {
    symlinkSync("a.yaml", join(folder, "a.yaml"));
    expect(await refusal([join(folder, "a.yaml")])).toBe("cannot read …/a.yaml: its symbolic links go in a circle");
  });

  test("a file whose reading fails", async () => {
    expect(await refusal(["/proc/self/mem"])).toMatch(/^cannot read \/proc\/self\/mem: /);
  });

  test("a file that is too large, soon, and a device without end", async () => {
    const large = write("large.yaml", "a: 1\n");
    truncateSync(large, 3 * 1024 ** 3);
    expect(await refusal([large])).toBe("…/large.yaml is too large: at most 128 MB are read");
    expect(await refusal(["/dev/zero"])).toBe("/dev/zero is too large: at most 128 MB are read");
  });
});

test("ten thousand documents are read in seconds", async () => {
  const documents = Array.from(
    { length: 5_000 },
    (_, n) =>
      `${service(`s${n}`)}---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s${n}}\nspec:\n  serviceName: s${n}\n  template:\n    metadata: {labels: {app: s${n}}}\n    spec:\n      containers:\n      - name: main\n        ports:\n        - containerPort: 80\n`,
  );
  const file = write("many.yaml", documents.join("---\n"));
  const start = performance.now();
  expect(names(await read([file]))).toHaveLength(5_000);
  expect(performance.now() - start).toBeLessThan(10_000);
});

describe("patterns that no shell has expanded", () => {
  beforeEach(() => {
    for (const path of ["a/one.yaml", "a/b/two.yaml", "a/b/three.yml", "a/[x].yaml", "c/four.yaml"]) {
      write(path, service(path.replace(/.*\//, "").replace(/\.ya?ml|[[\]]/g, "")));
    }
    write("a/values.yaml", "replicas: 3\n");
    write("a/notes.txt", "no manifest");
  });

  test.each([
    ["a/*.yaml", ["x", "one"]],
    ["a/**/*.yaml", ["x", "two", "one"]],
    ["a/**/*.{yaml,yml}", ["x", "three", "two", "one"]],
    ["?/*.yaml", ["x", "one", "four"]],
    // What matches is read as if it were named: folders by the manifests in them.
    ["a/b*", ["three", "two"]],
    // Without an extension: folders and manifests, and not notes.txt.
    ["a/**", ["x", "one", "three", "two"]],
    ["a/*", ["x", "three", "two", "one"]],
    // A name is a name first.
    ["a/[x].yaml", ["x"]],
  ])("%s", async (pattern, expected) => {
    expect(names(await read([join(folder, pattern)]))).toEqual(expected);
  });

  test("that match nothing are refused", async () => {
    expect(await refusal([join(folder, "z*.yaml")])).toBe("no file matches …/z*.yaml");
    expect(await refusal([join(folder, "a/note*")])).toBe("no file matches …/a/note*");
  });
});

describe("what is excluded", () => {
  beforeEach(() => {
    for (const path of ["one.yaml", "test/two.yaml", "deep/test/three.yaml", "deep/four.yaml"]) {
      write(path, service(path.replace(/.*\//, "").replace(".yaml", "")));
    }
  });

  test.each([
    [["test/"], ["one", "four"]],
    [["/test/"], ["one", "four", "three"]],
    [["*.yaml", "!one.yaml"], ["one"]],
    [["deep/*.yaml"], ["one", "three", "two"]],
    [["deep/**"], ["one", "two"]],
    [
      ["# nothing", ""],
      ["one", "four", "three", "two"],
    ],
  ])("%j, as a .gitignore in the folder would", async (exclude, expected) => {
    // The folder lies outside the working folder, so patterns count from it.
    expect(names(await read([folder], { recursive: true, exclude }))).toEqual(expected);
  });

  test("by the paths from the working folder where the input lies in it", async () => {
    const exclude = ["examples/*", "!examples/mysql-healthy.yaml"];
    expect(names(await read(["examples"], { exclude }))).toEqual(["mysql", "mysql-read"]);
  });

  test("counts for files that are named and for patterns, too", async () => {
    expect(
      names(await read([join(folder, "one.yaml"), join(folder, "deep/four.yaml")], { exclude: ["one.yaml"] })),
    ).toEqual(["four"]);
    expect(names(await read([join(folder, "**/*.yaml")], { exclude: ["test"] }))).toEqual(["four", "one"]);
  });

  test("can leave nothing", async () => {
    expect(await refusal([folder], { recursive: true, exclude: ["*"] })).toBe(
      "folder … holds no .yaml, .yml, .json file that is not excluded",
    );
  });
});

/** Whoever is root reads everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("what cannot be read below a folder", () => {
  test("is told and ends nothing; the absence of what it may hold is not concluded", async () => {
    write("one.yaml", service("one"));
    const secret = write("secret.yaml", service("two"));
    write("closed/three.yaml", service("three"));
    chmodSync(secret, 0);
    chmodSync(join(folder, "closed"), 0);
    chmodSync(folder, 0o755);
    const { invalid, lists } = await asNobody(() => read([folder], { recursive: true }));
    chmodSync(join(folder, "closed"), 0o755);
    expect(invalid.map(({ message, location }) => [message, relative(folder, location?.file ?? "")])).toEqual([
      ["it cannot be read: permission denied", "closed"],
      ["it cannot be read: permission denied", "secret.yaml"],
    ]);
    expect(lists.services[0]?.result.status).toBe("partial");
  });
});
