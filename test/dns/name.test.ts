import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOfReverse, isUnder, nameOf, parseName, reverseName, wireLength } from "../../src/dns/name.ts";
import { parseIp } from "../../src/kubernetes/ip.ts";

describe("parseName", () => {
  test.each([
    ["Web.Default.SVC.cluster.local", "web.default.svc.cluster.local.", false],
    ["web.", "web.", true],
    [".", ".", true],
    ["_http._tcp.web", "_http._tcp.web.", false],
    ["a\\.b.c", "a\\.b.c.", false],
    ["a\\046b.c.", "a\\.b.c.", true],
    ["a\\\\b", "a\\\\b.", false],
    ["\\065bc", "abc.", false],
    ["a b", "a\\032b.", false],
    ["ü", "\\195\\188.", false],
    ["*.web", "*.web.", false],
    ["a\u0007b", "a\\007b.", false],
  ])("%j is %s", (text, canonical, absolute) => {
    expect(parseName(text)).toMatchObject({ ok: true, name: { text: canonical, absolute } });
  });

  test.each([
    ["", "empty"],
    ["a..b", "empty-label"],
    [".a", "empty-label"],
    ["..", "empty-label"],
    [`${"a".repeat(64)}.b`, "label-too-long"],
    [`${"ü".repeat(32)}.b`, "label-too-long"],
    [Array.from({ length: 128 }, () => "a").join("."), "name-too-long"],
    ["a\\", "bad-escape"],
    ["a\\1b", "bad-escape"],
    ["a\\256", "bad-escape"],
  ])("%j is no name: %s", (text, kind) => {
    expect(parseName(text)).toMatchObject({ ok: false, error: { kind, message: expect.stringMatching(/./) } });
  });

  test("63 bytes of a label and 255 of a name are the most", () => {
    expect(parseName("a".repeat(63)).ok).toBe(true);
    const longest = Array.from({ length: 127 }, () => "a").join(".");
    const parsed = parseName(longest);
    expect(parsed.ok && wireLength(parsed.name)).toBe(255);
  });

  test("any labels round-trip through text", () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => String.fromCharCode(...bytes));
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
        const made = nameOf(labels);
        if (!made.ok) throw new Error(made.error.message);
        expect(parseName(made.name.text)).toEqual(made);
      }),
    );
  });

  test("any text is a name or a told error, and the text of a name holds nothing that is not printable", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const parsed = parseName(text);
        if (parsed.ok) {
          expect(parsed.name.text).toMatch(/^[!-~]+$/);
          expect(parsed.name.text.endsWith(".")).toBe(true);
          const again = parseName(parsed.name.text);
          expect(again.ok && again.name.labels).toEqual(parsed.name.labels);
        } else {
          expect(parsed.error.message).not.toBe("");
        }
      }),
    );
  });
});

describe("reverse names", () => {
  test.each([
    ["10.1.2.3", "3.2.1.10.in-addr.arpa."],
    ["fd00::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa."],
  ])("%s", (address, name) => {
    expect(reverseName(address)).toBe(name);
    expect(addressOfReverse(name)).toBe(address);
  });

  test("round-trip for every address", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const name = reverseName(text);
        expect(addressOfReverse(name ?? "")).toBe(parseIp(text)?.text);
      }),
    );
  });

  test.each([
    "10.in-addr.arpa.",
    "in-addr.arpa.",
    "1.2.3.4.5.in-addr.arpa.",
    "256.2.3.4.in-addr.arpa.",
    "a.ip6.arpa.",
    "web.svc.",
  ])("%s stands for no address", (name) => {
    expect(addressOfReverse(name)).toBeNull();
  });

  test("CoreDNS does not read what stands before the 32 nibbles", () => {
    expect(addressOfReverse(`x.${reverseName("fd00::1")}`)).toBe("fd00::1");
    expect(addressOfReverse(`x.${reverseName("10.0.0.1")}`)).toBeNull();
  });

  test("no address, no reverse name", () => {
    expect(reverseName("web")).toBeNull();
  });
});

test.each([
  ["a.b.", "b.", true],
  ["b.", "b.", true],
  ["ab.", "b.", false],
  ["anything.", ".", true],
  ["b.", "a.b.", false],
])("%s under %s: %s", (name, zone, under) => {
  expect(isUnder(name, zone)).toBe(under);
});
