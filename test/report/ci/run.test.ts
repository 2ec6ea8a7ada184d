import { resolve } from "node:path";
import { expect, test } from "vitest";
import { pathsBelow } from "../../../src/report/ci.ts";

test.each([
  ["deploy/mysql.yaml", "app/deploy/mysql.yaml"],
  ["./deploy//mysql.yaml", "app/deploy/mysql.yaml"],
  ["../mysql.yaml", "mysql.yaml"],
  ["/repository/app/a.yaml", "app/a.yaml"],
  ["../../mysql.yaml", null],
  ["/elsewhere/mysql.yaml", null],
  ["<stdin>", null],
  ["https://github.com/acme/deploy//base/mysql.yaml?ref=v1", null],
  ["file:///srv/deploy//base/mysql.yaml", null],
  ["git@github.com:acme/deploy.git//base/mysql.yaml", null],
])("from the root of the repository %s is %j", (file, path) => {
  expect(pathsBelow("/repository", (name) => resolve("/repository/app", name))(file)).toBe(path);
});
