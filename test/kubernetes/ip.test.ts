import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIp } from "../../src/kubernetes/ip.ts";

test.each([
  ["10.0.0.1", "IPv4", "10.0.0.1"],
  ["::1", "IPv6", "::1"],
  ["::", "IPv6", "::"],
  ["FD00::A:b", "IPv6", "fd00::a:b"],
  ["fd00:0:0:1:0:0:0:5", "IPv6", "fd00:0:0:1::5"],
  ["2001:db8:0:0:1:0:0:1", "IPv6", "2001:db8::1:0:0:1"],
  ["1:0:2:3:4:5:6:7", "IPv6", "1:0:2:3:4:5:6:7"],
  ["2001:db8::192.0.2.1", "IPv6", "2001:db8::c000:201"],
  ["::ffff:10.0.0.1", "IPv4", "10.0.0.1"],
  ["::ffff:a00:1", "IPv4", "10.0.0.1"],
])("%s is the %s address %s", (text, family, canonical) => {
  expect(parseIp(text)).toMatchObject({ family, text: canonical });
});

test.each([
  "",
  "10.0.0",
  "10.0.0.01",
  "10.0.0.256",
  "10.0.0.1.2",
  " 10.0.0.1",
  "fe80::1%eth0",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1::2:3:4:5:6:7:8",
  "1::2::3",
  ":1",
  "1:",
  "12345::",
  "::g",
  "1.2.3.4::",
  "None",
])("%j is no address", (text) => {
  expect(parseIp(text)).toBeNull();
});

test("the canonical text of an address is read back as the same address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const ip = parseIp(text);
      expect(ip).not.toBeNull();
      expect(parseIp(ip?.text ?? "")).toEqual(ip);
      expect(ip?.bytes).toHaveLength(ip?.family === "IPv4" ? 4 : 16);
    }),
  );
});
