import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lends an empty folder, by its real path, that is gone when `work` has ended: also where it fails, and where the process
 * is asked to end meanwhile. Throws where none can be made.
 */
export async function withScratchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  let folder: string | null = null;
  const remove = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  };
  // Listened for before there is a folder: whoever sees it can end us.
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = (): void => {
      remove();
      // Whoever else listens ends the process; where nobody does, it ends as it would have without us.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    };
    process.once(signal, listener);
    return { signal, listener };
  });
  try {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "kheadless-")));
    return await work(folder);
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
    remove();
  }
}
