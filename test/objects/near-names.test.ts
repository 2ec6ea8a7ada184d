import { expect, test } from "vitest";
import { nearNames } from "../../src/objects/near-names.ts";

test.each([
  ["a letter wrong", "mysq1", ["mysql", "postgres"], ["mysql"]],
  ["two letters swapped", "shpo", ["shop", "ship", "default"], ["shop"]],
  ["swapped at the end", "mysql-ah", ["mysql-ha"], ["mysql-ha"]],
  ["an ending left out", "mysql", ["mysql-headless", "nginx"], ["mysql-headless"]],
  ["an ending too much", "mysql-headless", ["mysql"], ["mysql"]],
  [
    "nearest first, three at most",
    "web-12",
    ["web-11", "wxb-1x", "web-1", "web-13", "web-14"],
    ["web-1", "web-11", "web-13"],
  ],
  ["the name itself is no near name", "mysql", ["mysql"], []],
  ["short names must be very near", "db", ["web", "d", "api"], ["d"]],
  ["nothing is near", "mysql", ["nginx", "redis"], []],
])("%s", (_, name, candidates, expected) => {
  expect(nearNames(name, candidates)).toEqual(expected);
});
