import { expect, test } from "vitest";
import { progressLine } from "../../src/cli/progress.ts";
import type { Streams } from "../../src/cli/streams.ts";

function streams(isTTY: boolean, env: Streams["env"] = { LANG: "C.UTF-8" }) {
  const written: string[] = [];
  const stderr = { isTTY, columns: 40, write: (text: string) => written.push(text), on: () => stderr };
  const all = { stdin: [] as unknown, stdout: stderr, stderr, env, cwd: () => "/" } as unknown as Streams;
  return { written, streams: all };
}

test("shows one line on a terminal, no wider than it, and takes it away again", () => {
  const { written, streams: given } = streams(true);
  const line = progressLine({ streams: given, program: "kheadless" });
  line.show(`starting\x1b[31m ${"x".repeat(100)}`);
  line.clear();
  line.clear();
  expect(written).toEqual([`\r\x1b[K⠙ starting\\x1b[31m ${"x".repeat(20)}`, "\r\x1b[K"]);
});

test("is written in ASCII where the terminal shows no more", () => {
  const { written, streams: given } = streams(true, { LANG: "C" });
  const line = progressLine({ streams: given, program: "kheadless" });
  line.show("asking");
  line.clear();
  expect(written[0]).toBe("\r\x1b[K\\ asking");
});

test.each([
  [false, {}],
  [true, { TERM: "dumb" }],
])("writes nothing where standard error is no terminal that can take it back (%j %j)", (isTTY, env) => {
  const { written, streams: given } = streams(isTTY, env);
  const line = progressLine({ streams: given, program: "kheadless" });
  line.show("asking");
  line.clear();
  expect(written).toEqual([]);
});
