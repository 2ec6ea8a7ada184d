import { createReadStream, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../input-error.ts";

/** As kubectl recognises manifests in a folder. */
const EXTENSIONS = [".yaml", ".yml", ".json"];
/** What may be read of one file or stream, in bytes. */
export const MAX_BYTES = 128 * 1024 * 1024;
/** Where standard input is named in places and messages. */
export const STDIN = "<stdin>";

export type Bytes = AsyncIterable<Uint8Array | string>;

/** A file to read. */
export interface InputFile {
  /** As the user named it; "<stdin>" for standard input. */
  readonly file: string;
  /** Met in a folder, not named itself. */
  readonly found: boolean;
}

/**
 * The files that inputs name: files as they are, folders by their manifests in the order of their names, with
 * `recursive` those of subfolders too. Symbolic links to folders are followed only where the user names them, as kubectl
 * does, so that no loop is walked; of what a folder holds only files count, never pipes or devices.
 * Throws InputError for a path that does not exist and for a folder without manifests.
 */
export async function filesOf(inputs: readonly string[], recursive: boolean): Promise<readonly InputFile[]> {
  const files: InputFile[] = [];
  for (const input of inputs) {
    if (input === "-") {
      files.push({ file: STDIN, found: false });
    } else if ((await statOf(input)).isDirectory()) {
      for (const file of await filesIn(input, recursive)) files.push({ file, found: true });
    } else {
      files.push({ file: input, found: false });
    }
  }
  // The same file named twice is read once.
  return [...new Map(files.map((file) => [file.file, file])).values()];
}

async function filesIn(folder: string, recursive: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  let deeper = false;
  const pending = [folder];
  for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
    const entries = await readdir(at, { withFileTypes: true }).catch((error: unknown) => {
      throw new InputError(`cannot read folder ${at}: ${reasonOf(error)}`);
    });
    const folders: string[] = [];
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (EXTENSIONS.some((extension) => entry.name.endsWith(extension)) && (await isFile(path))) found.push(path);
    }
    deeper ||= folders.length > 0;
    if (recursive) pending.unshift(...folders);
  }
  if (found.length === 0) {
    const hint = deeper && !recursive ? " (-R reads its subfolders too)" : "";
    throw new InputError(`folder ${folder} holds no ${EXTENSIONS.join(", ")} file${hint}`);
  }
  return found;
}

/** Through links: a link to nothing, to a folder or to a pipe is no file. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error: unknown) => {
    throw new InputError(`cannot read ${path}: ${reasonOf(error)}`);
  });
}

/** The bytes of a file, a pipe or standard input. Throws InputError where they cannot be read or are more than `limit`. */
export async function bytesOf(file: string, stdin: Bytes, limit: number = MAX_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of file === STDIN ? stdin : createReadStream(file)) {
      const bytes =
        typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      size += bytes.length;
      if (size > limit) throw new InputError(`${file} is too large: at most ${MAX_BYTES / 1024 / 1024} MB are read`);
      chunks.push(bytes);
    }
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(`cannot read ${file}: ${reasonOf(error)}`);
  }
  return Buffer.concat(chunks);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its symbolic links go in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
};

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return REASONS[code ?? ""] ?? message ?? String(error);
}
