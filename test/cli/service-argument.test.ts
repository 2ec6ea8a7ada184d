import { expect, test } from "vitest";
import { parseServiceArgument } from "../../src/cli/service-argument.ts";

const parse = (text: string, domain = "cluster.local") => parseServiceArgument(text, domain, "kheadless");

test.each([
  ["mysql", "mysql", null],
  ["svc/mysql", "mysql", null],
  ["service/mysql", "mysql", null],
  ["services/mysql", "mysql", null],
  ["Svc/MySQL", "mysql", null],
  ["mysql.shop", "mysql", "shop"],
  ["svc/mysql.shop", "mysql", "shop"],
  ["mysql.shop.svc", "mysql", "shop"],
  ["mysql.shop.svc.cluster.local", "mysql", "shop"],
  ["mysql.shop.svc.cluster.local.", "mysql", "shop"],
  ["0day.shop", "0day", "shop"],
])("%s is Service %s in %s", (text, name, namespace) => {
  expect(parse(text)).toEqual({ name, namespace });
});

test("the cluster's own domain counts", () => {
  expect(parse("mysql.shop.svc.corp.example", "corp.example")).toEqual({ name: "mysql", namespace: "shop" });
  expect(() => parse("mysql.shop.svc.cluster.local", "corp.example")).toThrow(
    "not under the cluster domain corp.example",
  );
});

test.each([
  ["sts/mysql", "not sts"],
  ["serivce/mysql", "did you mean service/mysql?"],
  [
    "mysql-0.mysql.shop.svc.cluster.local",
    "ask for mysql.shop, or: kheadless resolve mysql-0.mysql.shop.svc.cluster.local.",
  ],
  ["_mysql._tcp.mysql.shop.svc", "is not a Service's name"],
  ["mysql.shop.example.com", "not under the cluster domain"],
  ["my sql", "is not a Service's name"],
  ["", "is not a Service's name"],
  ["mysql..shop", "is not a Service's name"],
  ["svc/", "is not a Service's name"],
  ["-f", "is not a Service's name"],
])("%j is refused: %s", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
