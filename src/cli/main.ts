import { CommanderError } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { contextOf, notice } from "./context.ts";
import { failureOf } from "./errors.ts";
import { programName } from "./look.ts";
import { programOf } from "./program.ts";
import { forgiveClosedPipe, type Streams } from "./streams.ts";

/** The whole program: arguments and streams in, an exit code out. Never throws. */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  forgiveClosedPipe(streams.stdout);
  forgiveClosedPipe(streams.stderr);
  let code = 0;
  const context = contextOf(streams, programName(streams.argv), manifest.version, (ended) => {
    code = ended;
  });
  const program = programOf(context, argv);
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
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
