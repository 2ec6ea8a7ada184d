const FAULTS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EFBIG: "it may not grow so large",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links go in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "no space is left there",
  ENOTDIR: "a part of the path is no folder",
  EPERM: "permission denied",
  EROFS: "it lies on a read-only file system",
};

/** Why a file cannot be read, in words for people. */
export function readFault(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return FAULTS[code ?? ""] ?? message ?? String(error);
}

/** Why a file cannot be written: of one that is to be made only its folder can be missing. */
export function writeFault(error: unknown): string {
  return (error as { readonly code?: string }).code === "ENOENT" ? "there is no such folder" : readFault(error);
}
