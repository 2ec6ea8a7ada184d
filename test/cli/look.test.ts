import { describe, expect, test } from "vitest";
import { notice } from "../../src/cli/context.ts";
import { lookOf, programName } from "../../src/cli/look.ts";
import type { Streams, Terminal } from "../../src/cli/streams.ts";

const terminal = (given: { isTTY?: boolean; columns?: number }) => given as unknown as Terminal;
const tty = terminal({ isTTY: true, columns: 100 });
const pipe = terminal({});
const look = (stream: Terminal, env: Record<string, string>) => lookOf(stream, env, "kheadless");

describe("colour", () => {
  test.each<[string, Terminal, Record<string, string>, boolean]>([
    ["a terminal has it", tty, {}, true],
    ["a pipe has not", pipe, {}, false],
    ["NO_COLOR takes it", tty, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR does not", tty, { NO_COLOR: "" }, true],
    ["a dumb terminal has not", tty, { TERM: "dumb" }, false],
    ["FORCE_COLOR gives it to a pipe", pipe, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR stands over NO_COLOR", pipe, { FORCE_COLOR: "", NO_COLOR: "1" }, true],
    ["FORCE_COLOR=0 takes it", tty, { FORCE_COLOR: "0" }, false],
  ])("%s", (_, stream, env, colour) => {
    expect(look(stream, env).colour).toBe(colour);
  });
});

describe("symbols", () => {
  test.each<[Record<string, string>, boolean]>([
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "C" }, false],
    [{}, false],
    [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_CTYPE: "C.UTF-8" }, true],
    [{ LANG: "C.UTF-8", TERM: "linux" }, false],
    [{ LANG: "C.UTF-8", TERM: "dumb" }, false],
    [{ WT_SESSION: "a" }, true],
  ])("%j", (env, unicode) => {
    expect(look(tty, env).unicode).toBe(unicode);
  });
});

describe("width", () => {
  test.each<[Terminal, Record<string, string>, number]>([
    [tty, {}, 100],
    [pipe, {}, 80],
    [tty, { COLUMNS: "60" }, 60],
    [pipe, { COLUMNS: "60" }, 60],
    [pipe, { COLUMNS: "wide" }, 80],
    [terminal({ isTTY: true, columns: 10 }), {}, 40],
    [terminal({ isTTY: true, columns: 300 }), {}, 120],
    [terminal({ isTTY: true, columns: 0 }), {}, 80],
  ])("case %#", (stream, env, width) => {
    expect(look(stream, env).width).toBe(width);
  });

  test("tables may take all of a wide terminal, prose may not", () => {
    const wide = look(terminal({ isTTY: true, columns: 300 }), {});
    expect([wide.width, wide.columns]).toEqual([120, 300]);
  });

  test("tables are cut for terminals only", () => {
    expect([look(tty, {}).cut, look(pipe, {}).cut]).toEqual([true, false]);
  });
});

describe("a notice", () => {
  const told = (text: string, stderr: { isTTY?: boolean; columns?: number }): string => {
    let written = "";
    const stream = {
      ...stderr,
      write(chunk: string) {
        written += chunk;
      },
    };
    notice({ streams: { stderr: stream } as unknown as Streams }, text);
    return written;
  };

  test("is broken at words where the terminal is too narrow, and nowhere else", () => {
    const text = "one two three four five";
    expect(told(text, { isTTY: true, columns: 10 })).toBe("one two\nthree four\nfive\n");
    expect(told(text, { isTTY: true, columns: 80 })).toBe(`${text}\n`);
    expect(told(text, { columns: 10 })).toBe(`${text}\n`);
    expect(told("    at indented", { isTTY: true, columns: 80 })).toBe("    at indented\n");
  });
});

test.each([
  ["/usr/local/bin/kheadless", "kheadless"],
  ["/home/me/.krew/bin/kubectl-headless", "kubectl headless"],
  ["C:\\tools\\kubectl-headless.js", "kubectl headless"],
  [undefined, "kheadless"],
])("started as %s it is called %s", (path, name) => {
  expect(programName(path === undefined ? undefined : ["node", path])).toBe(name);
});
