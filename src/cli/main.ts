import manifest from "../../package.json" with { type: "json" };

export type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr" | "env" | "cwd">;

export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  if (argv.length === 1 && argv[0] === "--version") {
    streams.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  streams.stderr.write("usage: kheadless --version\n");
  return 2;
}
