import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Errand, ErrandResult, Lane, Route } from "../../src/objects/probe.ts";
import { errandCommand } from "../../src/probe/errand.ts";
import { readErrandLog } from "../../src/probe/errand-log.ts";

const route = (given: Partial<Route> = {}): Route => ({
  server: "10.96.0.10",
  port: 53,
  transport: "udp",
  bufferSize: 1232,
  checkingDisabled: false,
  ...given,
});
const names = ["a.shop.", "drop1.shop.", "nx.shop.", "drop2.shop.", "drop3.shop.", "b.shop."];
const lane = (given: Partial<Route> = {}, asked: readonly string[] = names): Lane => ({
  route: route(given),
  questions: asked.map((name) => ({ name, type: "A" })),
});
const errand = (given: Partial<Errand> = {}): Errand => ({
  nonce: "n0nce7",
  lanes: [lane()],
  connects: [],
  rounds: 1,
  budget: 30,
  ...given,
});

/** Prints what dig prints: an answer for each name, a silence where it begins with drop. */
const DIG = `#!/bin/sh
if [ "$4" = -v ]; then echo 'DiG 9.18.1-test' >&2; exit; fi
if [ "$1" = -v ]; then echo 'DiG 9.18.1-test' >&2; exit; fi
for word in "$@"; do
  if [ "$before" = -q ]; then
    case $word in
      drop*)
        echo ';; communications error to 10.96.0.10#53: timed out'
        echo ';; no servers could be reached' ;;
      *)
        code=NOERROR; count=1; case $word in nx*) code=NXDOMAIN; count=0 ;; esac
        echo ';; Got answer:'
        echo ";; ->>HEADER<<- opcode: QUERY, status: $code, id: 1"
        echo ";; flags: qr aa rd; QUERY: 1, ANSWER: $count, AUTHORITY: 0, ADDITIONAL: 0"
        echo ';; QUESTION SECTION:'
        printf ';%s\\tIN\\tA\\n\\n' "$word"
        if [ $code = NOERROR ]; then printf ';; ANSWER SECTION:\\n%s 30 IN A 10.244.0.7\\n' "$word"; fi
        echo ';; Query time: 250 usec'
        echo ';; MSG SIZE  rcvd: 50' ;;
    esac
  fi
  before=$word
done
`;
const REFUSING_NC = `#!/bin/sh
if [ $# = 1 ]; then echo usage >&2; exit 1; fi
case "$*" in *' 80') exit 0 ;; *' 81') echo 'nc: connect to x port 81 (tcp) failed: Connection refused' >&2; exit 1 ;; esac
echo 'nc: connect to x port 82 (tcp) timed out: Operation now in progress' >&2; exit 1
`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with the shell's own tools and those given, as the only PATH. */
function image(tools: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "kheadless-image-"));
  folders.push(folder);
  for (const tool of ["date", "head"]) {
    symlinkSync([`/usr/bin/${tool}`, `/bin/${tool}`].find(existsSync) ?? "", join(folder, tool));
  }
  for (const [name, text] of Object.entries(tools)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const shells = [
  ["/bin/sh"],
  ["/usr/bin/dash"],
  ["/bin/bash", "--posix"],
  ["/usr/bin/busybox", "sh"],
  ["/bin/bash"],
].filter(([shell = ""]) => existsSync(shell));

function run(given: Errand, path: string, [shell = "", ...words]: readonly string[] = ["/bin/sh"]): string {
  const { command, args } = errandCommand(given);
  const ran = spawnSync(shell, [...words, ...command.slice(1), ...args], {
    env: { PATH: path },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  expect(ran.stderr).toBe("");
  expect(ran.status).toBe(0);
  return ran.stdout;
}

const outcome = ({ replies }: ErrandResult) =>
  replies.map((reply) => `${reply.round} ${reply.name} ${reply.status === "answered" ? reply.rcode : reply.status}`);

describe.each(shells)("the script, run by %s %s", (...shell) => {
  const path = image({ dig: DIG, nc: REFUSING_NC });

  it("asks everything, whatever gets no answer in between", () => {
    const given = errand();
    const result = readErrandLog(run(given, path, shell), given);
    expect(outcome(result)).toEqual([
      "1 a.shop. NOERROR",
      "1 drop1.shop. silent",
      "1 nx.shop. NXDOMAIN",
      "1 drop2.shop. silent",
      "1 drop3.shop. silent",
      "1 b.shop. NOERROR",
    ]);
    expect(result.tool).toEqual({ name: "dig", version: "9.18.1-test" });
    expect(result.lacks).toEqual(result.resolvConf === null ? ["the resolv.conf was not read"] : []);
    expect(result.replies[0]).toMatchObject({ rtt: 0.25, answers: [{ name: "a.shop.", data: "10.244.0.7" }] });
  });

  it("gives up on a server that says nothing to the first two questions, or to a whole batch later", () => {
    const many = Array.from({ length: 10 }, (_, at) => `drop${at}.shop.`);
    const given = errand({
      lanes: [lane({}, ["drop.a.", "drop.b.", "a.shop."]), lane({}, ["a.shop.", ...many, "b.shop."])],
    });
    const result = readErrandLog(run(given, path, shell), given);
    expect(outcome(result).filter((one) => !one.includes("drop"))).toEqual([
      "1 a.shop. missing",
      "1 a.shop. NOERROR",
      "1 b.shop. missing",
    ]);
    expect(result.replies[2]).toMatchObject({ because: "not asked any more: 10.96.0.10 said nothing" });
    expect(result.lacks).toEqual(result.resolvConf === null ? ["the resolv.conf was not read"] : []);
  });

  it("comes again to a server that said something, and no more to one that said nothing", () => {
    const given = errand({
      rounds: 3,
      lanes: [lane({}, ["a.shop.", "drop.shop."]), lane({ transport: "tcp" }, ["drop.shop.", "drop.x.", "a.shop."])],
    });
    expect(outcome(readErrandLog(run(given, path, shell), given))).toEqual([
      ...["1 a.shop. NOERROR", "1 drop.shop. silent", "1 drop.shop. silent", "1 drop.x. silent", "1 a.shop. missing"],
      ...["2 a.shop. NOERROR", "2 drop.shop. silent", "2 drop.shop. missing", "2 drop.x. missing", "2 a.shop. missing"],
      ...["3 a.shop. NOERROR", "3 drop.shop. silent", "3 drop.shop. missing", "3 drop.x. missing", "3 a.shop. missing"],
    ]);
  });

  it("connects", () => {
    const connects = [80, 81, 82].map((port) => ({ address: "10.244.0.7", port, of: "endpoint" as const }));
    const given = errand({ connects });
    const result = readErrandLog(run(given, path, shell), given);
    expect(result.connects.map(({ port, status }) => `${port} ${status}`)).toEqual([
      "80 open",
      "81 refused",
      "82 timeout",
    ]);
  });

  it("takes arguments for words, whatever stands in them", () => {
    const name = "$(touch$IFS/tmp/x)`id`*'\"\\032.shop.";
    const given = errand({ lanes: [lane({}, ["a.shop.", name])] });
    const log = run(given, path, shell);
    expect(log).toContain(`;${name}\tIN\tA`);
  });

  it("says where an image has no tool for it", () => {
    const given = errand({ connects: [{ address: "10.244.0.7", port: 80, of: "endpoint" }] });
    const result = readErrandLog(run(given, image({}), shell), given);
    expect(result.tool.name).toBe("none");
    expect(new Set(result.replies.map(({ status }) => status))).toEqual(new Set(["missing"]));
    expect(result.connects.map(({ status }) => status)).toEqual(["missing"]);
    expect(result.lacks.join("\n")).toContain("the image has neither dig nor BIND's nslookup nor getent");
  });

  it("never asks busybox's nslookup", () => {
    const nslookup = "#!/bin/sh\necho 'BusyBox v1.36.1 multi-call binary.'\nexit 1\n";
    const getent =
      "#!/bin/sh\ncase $2 in a.*) echo '10.244.0.7  STREAM a'; echo '10.244.0.7  DGRAM' ;; *) exit 2 ;; esac\n";
    const given = errand({ lanes: [lane({ server: null }, ["a.shop.", "b.shop."]), lane()] });
    const result = readErrandLog(run(given, image({ nslookup, getent }), shell), given);
    expect(result.tool.name).toBe("getent");
    expect(outcome(result).slice(0, 3)).toEqual(["1 a.shop. NOERROR", "1 b.shop. silent", "1 a.shop. missing"]);
    expect(result.lacks).toContain("6 of 8: getent cannot ask so");
  });
});

describe("the log", () => {
  const path = image({ dig: DIG, nc: REFUSING_NC });
  const given = errand({
    rounds: 2,
    lanes: [lane({}, ["a.shop.", "drop1.shop.", "nx.shop."]), lane({ transport: "tcp", server: "10.0.0.1" })],
    connects: [80, 81].map((port) => ({ address: "10.244.0.7", port, of: "endpoint" as const })),
  });
  const log = run(given, path);
  const whole = readErrandLog(log, given);

  /** What is told of a question must be what the whole log tells, or nothing. */
  function expectNoMore(found: ErrandResult): void {
    expect(found.replies).toHaveLength(whole.replies.length);
    expect(found.connects).toHaveLength(whole.connects.length);
    for (const [at, reply] of found.replies.entries()) {
      if (reply.status !== "missing") expect({ ...reply, askedAt: "" }).toEqual({ ...whole.replies[at], askedAt: "" });
    }
    for (const [at, connect] of found.connects.entries()) {
      if (connect.status !== "missing") expect(connect).toEqual(whole.connects[at]);
    }
  }

  it("is read the same with noise between its lines, twice over and without a last line's end", () => {
    const noise = fc.string({ maxLength: 20 }).filter((text) => !text.includes(given.nonce));
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1, maxLength: 10 }), fc.boolean(), (noises, twice) => {
        const lines = (twice ? log + log : log).trimEnd().split("\n");
        const noisy = lines.flatMap((line, at) => [`${noises[at % noises.length]?.replaceAll("\n", "")}${line}`]);
        expect(readErrandLog(noisy.join("\n"), given)).toEqual(whole);
      }),
    );
  });

  it("never takes missing for present, wherever it is cut, torn or mixed", () => {
    fc.assert(
      fc.property(fc.nat(log.length), fc.nat(400), fc.string({ maxLength: 30 }), (at, length, noise) => {
        expectNoMore(readErrandLog(log.slice(0, at), given));
        expectNoMore(readErrandLog(log.slice(0, at) + log.slice(at + length + 1), given));
        expectNoMore(readErrandLog(log.slice(0, at) + noise + log.slice(at), given));
      }),
    );
  });

  it("never takes an answer for whole that lacks a record which its header counts", () => {
    const without = log.replaceAll(";; ANSWER SECTION:", " ".repeat(18));
    expect(without).not.toBe(log);
    expectNoMore(readErrandLog(without, given));
  });

  it("says that it was cut", () => {
    expect(readErrandLog(log.slice(0, log.length / 2), given).lacks).toContain(
      "the probe's output ends before its end",
    );
    expect(readErrandLog("", given).replies.map(({ status }) => status)).not.toContain("silent");
  });

  it("is read in whatever order lines of several frames come", () => {
    const lines = log.split("\n");
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
        expect(readErrandLog(shuffled.join("\n"), given)).toEqual(whole);
      }),
    );
  });

  it("is read at 10 MB", () => {
    const text = `${"x".repeat(1000)}\n`.repeat(10_000) + log;
    expect(readErrandLog(text, given)).toEqual(whole);
  });

  it("of another errand is none", () => {
    const other = readErrandLog(log, { ...given, nonce: "other1" });
    expect(new Set(other.replies.map(({ status }) => status))).toEqual(new Set(["missing"]));
  });
});
