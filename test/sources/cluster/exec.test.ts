import { describe, expect, it } from "vitest";
import { type ExecResult, execIn } from "../../../src/sources/cluster/exec.ts";
import { PodStreamError } from "../../../src/sources/cluster/pod-stream.ts";
import { type Forwarded, type ForwardOptions, serveForwards } from "./forward-server.ts";
import { connectTo, never } from "./setup.ts";

const pod = { namespace: "shop", name: "web-0" };
const [STDOUT, STDERR, ERROR] = [1, 2, 3];

/** Sends bytes on a channel, as the kubelet does: in pieces. */
function say(exec: Forwarded, channel: number, text: string, most = 1000): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += most) {
    exec.frame(2, Buffer.concat([Buffer.from([channel]), bytes.subarray(at, at + most)]));
  }
}
const end = (exec: Forwarded, status: object): void => say(exec, ERROR, JSON.stringify(status), 100_000);
const SUCCESS = { kind: "Status", status: "Success" };
const exitStatus = (code: number) => ({
  kind: "Status",
  status: "Failure",
  reason: "NonZeroExitCode",
  message: `command terminated with exit code ${code}`,
  details: { causes: [{ reason: "ExitCode", message: String(code) }] },
});

async function exec(
  behave: (forwarded: Forwarded) => void,
  options: ForwardOptions = {},
  signal = never,
): Promise<ExecResult> {
  const server = await serveForwards(behave, options);
  const connection = await connectTo(server, { user: { as: "jane" } });
  return execIn(connection.forward, pod, "main", ["sh", "-c", 'echo "$@"', "a b"], signal);
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error) => error,
  );

describe("execIn", () => {
  it("gives all that a command wrote, whatever stands in it", async () => {
    const out = `${"é\0\n".repeat(50_000)}no line feed`;
    const result = await exec((one) => {
      expect(one.query.getAll("command")).toEqual(["sh", "-c", 'echo "$@"', "a b"]);
      expect(one.query.get("container")).toBe("main");
      say(one, STDOUT, out);
      say(one, STDERR, "oops\n");
      end(one, SUCCESS);
      one.end();
    });
    expect(result).toEqual({ stdout: out, stderr: "oops\n", exitCode: 0 });
  });

  it("gives the exit code of a command that failed", async () => {
    const result = await exec((one) => {
      say(one, STDOUT, "half");
      end(one, exitStatus(3));
      one.end();
    });
    expect(result).toEqual({ stdout: "half", stderr: "", exitCode: 3 });
  });

  it("says why a command could not be started", async () => {
    const message = 'OCI runtime exec failed: exec: "sh": executable file not found in $PATH';
    const error = await failure(exec((one) => end(one, { status: "Failure", reason: "InternalError", message })));
    expect(error).toBeInstanceOf(PodStreamError);
    expect(error).toMatchObject({ kind: "refused", message });
  });

  it.each<readonly [string, (one: Forwarded) => void, string]>([
    ["is cut", (one) => one.destroy(), "before its end"],
    ["is ended without a status", (one) => one.end(), "before its end"],
    ["carries no frames", (one) => one.raw(Buffer.from("HTTP/1.1 502\r\n\r\n")), "reserved bits"],
  ])("tells a connection that %s from a command that ended", async (_, behave, why) => {
    const error = await failure(
      exec((one) => {
        say(one, STDOUT, "half");
        behave(one);
      }),
    );
    expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining(why) });
  });

  it.each([
    [403, "forbidden"],
    [404, "gone"],
    [400, "refused"],
  ])("takes an answer of %i for %s", async (status, kind) => {
    const refuse = () => ({ status, body: JSON.stringify({ kind: "Status", message: "no", code: status }) });
    expect(await failure(exec(() => {}, { refuse }))).toMatchObject({ kind });
  });

  it("says that a server which speaks another protocol runs no commands", async () => {
    const error = await failure(exec(() => {}, { protocol: "v9.channel.k8s.io" }));
    expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining("does not run commands") });
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    expect(await failure(exec(() => stop.abort(reason), {}, stop.signal))).toBe(reason);
  });
});
