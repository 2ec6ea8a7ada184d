import { CommanderError } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { writeFault } from "../sources/file-fault.ts";
import { type Context, contextOf, notice } from "./context.ts";
import { failureOf } from "./errors.ts";
import { programName } from "./look.ts";
import { programOf } from "./program.ts";
import { type Streams, watchStream } from "./streams.ts";

/** The whole program: arguments and streams in, an exit code out. Never throws. */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  const outputFailure = watchStream(streams.stdout);
  // Of a failure there nobody could be told.
  watchStream(streams.stderr);
  let ended = 0;
  const context = contextOf(streams, programName(streams.argv), manifest.version, (code) => {
    ended = code;
  });
  const failed = await run(argv, context);
  // A stream tells of a failed write in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  const lost = outputFailure();
  if (lost === null) return failed ?? ended;
  notice(context, `error: the output could not be written: ${writeFault(lost)}`);
  return 2;
}

/** `-o=json`, as kubectl takes it: commander would count the equals sign to the value. */
function asKubectl(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((word, at) => (end >= 0 && at > end ? word : word.replace(/^(-[cfklnot])=/, "$1")));
}

/** Runs a command; the exit code where it could not be run to its end, null where it was. */
async function run(argv: readonly string[], context: Context): Promise<number | null> {
  const program = programOf(context, argv);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(asKubectl(argv), { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) {
      const near = error.message.includes("Did you mean");
      if (error.code === "commander.unknownCommand" && !near) {
        notice(context, `(${context.program} --help shows the commands)`);
      }
      return error.exitCode === 0 ? 0 : 2;
    }
    const failure = failureOf(error);
    if (failure !== null) {
      notice(context, `error: ${failure.message}`);
      return failure.exitCode;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    notice(context, `internal error: ${message}${argv.includes("--debug") ? "" : " (--debug shows where)"}`);
    if (argv.includes("--debug")) for (const line of (stack ?? "").split("\n")) notice(context, line);
    return 3;
  }
}
