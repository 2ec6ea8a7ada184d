import { codeOf, messageOf, oneLine } from "./errors.ts";
import { type ForwardAccess, openPodStream, PodStreamError } from "./pod-stream.ts";
import { clientFrame, messageReader, OPCODE } from "./websocket.ts";

/** What a command in a container wrote, and how it ended. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const PROTOCOL = "v4.channel.k8s.io";
/** staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go */
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
/** A program that never ends its output is not listened to for ever. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Runs a command in a running container, as kubectl exec without a terminal. `container` null: the Pod's default one. Rejects
 * with a PodStreamError where it could not be started or its end was not seen, with the signal's reason where that ends it: the
 * command itself may go on.
 */
export async function execIn(
  access: ForwardAccess,
  pod: { readonly namespace: string; readonly name: string },
  container: string | null,
  command: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  const query = [
    ...command.map((word) => ["command", word] as const),
    ...(container === null ? [] : [["container", container] as const]),
    ["stdout", "true"] as const,
    ["stderr", "true"] as const,
  ];
  const what = "run commands";
  const socket = await openPodStream(access, { pod, subresource: "exec", query, protocol: PROTOCOL, what }, signal);
  const { promise, resolve, reject } = Promise.withResolvers<ExecResult>();
  const read = messageReader();
  const output: Record<number, Buffer[]> = { [STDOUT]: [], [STDERR]: [] };
  let size = 0;
  const cut = (text: string, cause?: Error) =>
    reject(new PodStreamError("unreachable", `the connection to the command was cut (${text})`, { cause }));
  const onAbort = () => reject(signal.reason);

  const receive = (payload: Buffer): void => {
    const channel = payload[0] ?? -1;
    const body = payload.subarray(1);
    size += body.length;
    if (size > MOST_BYTES) cut(`over ${MOST_BYTES / 1024 / 1024} MB of output`);
    else if (channel !== ERROR) output[channel]?.push(body);
    else finish(body.toString("utf8"));
  };
  const finish = (status: string): void => {
    const [stdout, stderr] = [STDOUT, STDERR].map((each) => Buffer.concat(output[each] ?? []).toString("utf8"));
    const end = endOf(status);
    if (typeof end === "string") reject(new PodStreamError("refused", end));
    else resolve({ stdout: stdout ?? "", stderr: stderr ?? "", exitCode: end });
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const { opcode, payload } of read(chunk)) {
        if (opcode === OPCODE.ping) socket.write(clientFrame(OPCODE.pong, payload));
        else if (opcode === OPCODE.close) cut("before its end");
        else if (opcode === OPCODE.binary) receive(payload);
      }
    } catch (error) {
      cut(messageOf(error));
    }
  });
  socket.on("error", (error) => cut(codeOf(error) || messageOf(error), error));
  socket.on("close", () => cut("before its end"));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  if (socket.destroyed) cut("at its start");
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

/** The exit code, or why the command did not run, from the Status that ends an exec. */
function endOf(text: string): number | string {
  let status: { status?: unknown; reason?: unknown; message?: unknown; details?: { causes?: unknown } };
  try {
    status = JSON.parse(text);
  } catch {
    return oneLine(text);
  }
  if (status.status === "Success") return 0;
  const causes = Array.isArray(status.details?.causes) ? status.details.causes : [];
  const code = causes.find((cause) => cause?.reason === "ExitCode")?.message;
  return code === undefined ? oneLine(String(status.message)) : Number(code);
}
