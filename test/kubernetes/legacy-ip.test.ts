import { expect, test } from "vitest";
import {
  isEndpointIp,
  isIrregularIp,
  isIrregularRange,
  isLegacyRange,
  legacyIpFamily,
} from "../../src/kubernetes/legacy-ip.ts";

test.each([
  ["192.0.2.1", "IPv4", false],
  ["192.0.002.010", "IPv4", true],
  ["0.0.0.0", "IPv4", false],
  ["2001:db8::1", "IPv6", false],
  ["2001:DB8::1", "IPv6", true],
  ["::ffff:192.0.2.1", "IPv4", true],
  ["192.0.2", null, false],
  ["", null, false],
])("the address %s", (text, family, irregular) => {
  expect(legacyIpFamily(text)).toBe(family);
  expect(isIrregularIp(text)).toBe(irregular);
});

test.each([
  ["192.0.2.0/24", true, false],
  [" 192.0.2.0/24 ", true, false],
  ["192.0.2.1/24", true, true],
  ["192.0.2.0/024", true, true],
  ["192.0.2.128/25", true, false],
  ["192.0.2.129/25", true, true],
  ["0.0.0.0/0", true, false],
  ["2001:db8::/32", true, false],
  ["2001:DB8::/32", true, true],
  ["2001:db8::/129", false, false],
  ["192.0.2.0/33", false, false],
  ["192.0.2.0", false, false],
  ["192.0.2.0/", false, false],
  ["nonsense", false, false],
])("the range %s", (text, understood, irregular) => {
  expect(isLegacyRange(text)).toBe(understood);
  expect(isIrregularRange(text)).toBe(irregular);
});

test.each([
  ["192.0.2.1", true],
  ["224.0.1.1", true],
  ["fd00::1", true],
  ["ff05::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["127.0.0.1", false],
  ["127.000.000.001", false],
  ["::1", false],
  ["::ffff:127.0.0.1", false],
  ["169.254.20.10", false],
  ["fe80::1", false],
  ["febf::1", false],
  ["224.0.0.251", false],
  ["ff02::1", false],
  ["ff12::1", false],
  ["db.example.com", false],
])("an endpoint can have %s: %s", (text, can) => {
  expect(isEndpointIp(text)).toBe(can);
});
