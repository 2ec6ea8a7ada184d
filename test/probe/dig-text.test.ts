import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Told } from "../../src/probe/answer-text.ts";
import { readDig } from "../../src/probe/dig-text.ts";
import type { FrameLine } from "../../src/probe/errand-frames.ts";
import { readNslookup } from "../../src/probe/nslookup-text.ts";
import { toolLines } from "./frames.ts";

const recorded = (name: string) => readFileSync(new URL(`recorded/${name}`, import.meta.url), "utf8");
const zone = "shop.svc.cluster.local.";
/** What the recordings were asked, in their order; CoreDNS 1.13.2 answered from a template. */
const asked = [
  ["SRV", `web.${zone}`],
  ["AAAA", `six.${zone}`],
  ["PTR", "5.0.244.10.in-addr.arpa."],
  ["A", `alias.${zone}`],
  ["TXT", `many.${zone}`],
  ["AAAA", `many.${zone}`],
  ["A", `none.${zone}`],
  ["A", `fails.${zone}`],
  ["A", `other.${zone}`],
].map(([type = "", name = ""]) => ({ type, name }));

const srv = (target: string) => ({ priority: 0, weight: 50, port: 8080, target: `${target}.web.${zone}` });
const soa = {
  name: "cluster.local.",
  ttl: 30,
  mname: "ns.dns.cluster.local.",
  serial: 1700000000,
  minimum: 30,
};
const expected = [
  { rcode: "NOERROR", data: [srv("web-0"), srv("web-1")], more: ["10.244.0.5", "10.244.0.6"], soa: null },
  { rcode: "NOERROR", data: ["fd00:10:244::5", "fd00:10:244::6"], more: [], soa: null },
  { rcode: "NOERROR", data: [`web-0.web.${zone}`], more: [], soa: null },
  { rcode: "NOERROR", data: ["target.example.org.", "192.0.2.7"], more: [], soa: null },
  { rcode: "NOERROR", data: ["one twoth\\ree"], more: [], soa: null },
  { rcode: "NOERROR", data: [], more: [], soa },
  { rcode: "NXDOMAIN", data: [], more: [], soa },
  { rcode: "SERVFAIL", data: [], more: [], soa: null },
  { rcode: "SERVFAIL", data: [], more: [], soa: null },
];
const essence = (told: Told | undefined) =>
  told?.status === "answered"
    ? {
        rcode: told.answer.rcode,
        data: told.answer.answers.map(({ data }) => data),
        more: told.answer.additional.map(({ data }) => data),
        soa: told.answer.soa,
      }
    : told;

describe("what dig prints", () => {
  const lines = toolLines(recorded("dig-9.18.txt"));

  it("is read with all that an answer holds", () => {
    const told = readDig(lines, asked);
    expect(told.map(essence)).toEqual(expected);
    expect(told[0]).toMatchObject({
      answer: {
        answers: [{ name: `web.${zone}`, type: "SRV", ttl: 30 }, { type: "SRV" }],
        flags: { aa: true, tc: false, ra: false },
        rtt: 1.997,
        bytes: 307,
        from: "127.0.0.1",
      },
    });
  });

  it("tells the silences by their places between the answers", () => {
    const text = recorded("dig-timeouts.txt");
    const names = ["drop0", "nx1", "drop2", "drop3", "a4", "drop5"].map((name) => ({ name: `${name}.b.`, type: "A" }));
    const silent = { status: "silent", because: "no answer within 2 s" };
    const told = readDig(toolLines(text), names);
    expect(told.map((one) => one?.status)).toEqual(["silent", "answered", "silent", "silent", "answered", "silent"]);
    expect(told[2]).toEqual(silent);
  });

  it("tells a refused connection", () => {
    const text =
      ";; Connection to 10.0.0.9#53(10.0.0.9) for a. failed: connection refused.\n;; no servers could be reached\n";
    expect(readDig(toolLines(text), [{ name: "a.", type: "A" }])).toEqual([
      { status: "silent", because: "connection refused" },
    ]);
  });

  it("takes nothing missing for present, wherever lines are lost", () => {
    const whole = readDig(lines, asked);
    fc.assert(
      fc.property(fc.subarray([...lines.keys()]), (kept) => {
        const holey: FrameLine[] = [];
        let next = 0;
        for (const at of kept) {
          if (at !== next) holey.push({ kind: "hole", text: "" });
          holey.push(lines[at] as FrameLine);
          next = at + 1;
        }
        if (next !== lines.length) holey.push({ kind: "hole", text: "" });
        for (const [at, one] of readDig(holey, asked).entries()) {
          if (one !== undefined) expect(one).toEqual(whole[at]);
        }
      }),
    );
  });

  it("takes a silence for that of no other question, wherever lines are lost", () => {
    const all = toolLines(recorded("dig-timeouts.txt"));
    const names = ["drop0", "nx1", "drop2", "drop3", "a4", "drop5"].map((name) => ({ name: `${name}.b.`, type: "A" }));
    const whole = readDig(all, names);
    fc.assert(
      fc.property(fc.nat(all.length - 1), fc.nat(8), (from, length) => {
        const holey = [...all.slice(0, from), { kind: "hole", text: "" } as const, ...all.slice(from + length)];
        for (const [at, one] of readDig(holey, names).entries()) {
          if (one !== undefined && one.status !== "silent") expect(one).toEqual(whole[at]);
          if (one?.status === "silent") expect(names[at]?.name).toMatch(/^drop/);
        }
      }),
    );
  });

  it("reads records of any content as data", () => {
    const escaped = (bytes: Uint8Array) =>
      [...bytes]
        .map((byte) => {
          if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
          return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
        })
        .join("");
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 }), (rows) => {
        const text = [
          ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7",
          `;; flags: qr aa; QUERY: 1, ANSWER: ${rows.length}, AUTHORITY: 0, ADDITIONAL: 0`,
          ";; QUESTION SECTION:",
          `;${zone}\tIN\tTXT`,
          ";; ANSWER SECTION:",
          ...rows.map((row) => `${zone}\t30\tIN\tTXT\t"${escaped(row)}"`),
          ";; MSG SIZE  rcvd: 99",
        ];
        const told = readDig(toolLines(text.join("\n")), [{ name: zone, type: "TXT" }]);
        expect(told.map(essence)).toMatchObject([{ data: rows.map((row) => Buffer.from(row).toString("utf8")) }]);
      }),
    );
  });

  it("is no answer where a silence is only the text of a record", () => {
    const text = recorded("dig-9.18.txt").replace('"one two"', '";; no servers could be reached"');
    expect(readDig(toolLines(text), asked).map((one) => one?.status)).toEqual(asked.map(() => "answered"));
  });
});

describe("what BIND's nslookup prints", () => {
  const parts = recorded("nslookup-9.18.txt").split(/^### .*\n/m);
  const heads = [...recorded("nslookup-9.18.txt").matchAll(/^### (\S+) (\S+)$/gm)].map(([, type, name]) => ({
    type,
    name,
  }));

  it("is read question by question", () => {
    for (const [at, question] of heads.entries()) {
      const place = asked.findIndex(({ name, type }) => name === question.name && type === question.type);
      expect(essence(readNslookup(toolLines(parts[at + 1] ?? ""))), question.name).toEqual(expected[place]);
    }
    expect(heads).toHaveLength(asked.length);
  });

  it("is nothing where a line is missing", () => {
    const lines = toolLines(parts[1] ?? "");
    expect(readNslookup([...lines, { kind: "hole", text: "" }])).toBeUndefined();
    expect(readNslookup([])).toBeUndefined();
  });
});
