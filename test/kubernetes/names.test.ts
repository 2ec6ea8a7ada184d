import { expect, test } from "vitest";
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPortName,
  isQualifiedName,
} from "../../src/kubernetes/names.ts";

const long = (length: number): string => "a".repeat(length);

test.each<[string, (text: string) => boolean, readonly string[], readonly string[]]>([
  ["label", isDns1123Label, ["a", "0a", "a-b", long(63)], ["", "A", "-a", "a-", "a.b", "a_b", long(64)]],
  ["Service name", isDns1035Label, ["a", "a0", "a-b"], ["0a", "A", "a.b", ""]],
  ["subdomain", isDns1123Subdomain, ["a.b", "1.2.3.4", "a"], ["a..b", "A.b", ".a", "a.", long(254)]],
  ["port name", isPortName, ["http", "p-1", "1a", long(15)], ["80", "a--b", "-a", "a-", "HTTP", long(16), ""]],
  ["label key", isQualifiedName, ["app", "a.b/c_D", "A"], ["", "a/b/c", "/a", "a/", "-a", `a/${long(64)}`]],
  ["label value", isLabelValue, ["", "a", "A_b.c"], ["-a", "a-", "a b", long(64)]],
])("%s", (_title, takes, good, bad) => {
  expect(good.filter((text) => !takes(text))).toEqual([]);
  expect(bad.filter((text) => takes(text))).toEqual([]);
});
