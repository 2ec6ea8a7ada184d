import { expect, test } from "vitest";
import { namesText } from "../../src/report/names.ts";
import { finding, report } from "./documents.ts";

const object = (apiVersion: string, kind: string, name: string) => ({ apiVersion, kind, namespace: "shop", name });

test("the objects to mend, as kubectl names them, each once and worst first", () => {
  const findings = [
    finding({}),
    finding({ object: object("apps/v1", "StatefulSet", "mysql") }),
    finding({ rule: "another" }),
    finding({ severity: "warning", object: object("discovery.k8s.io/v1", "EndpointSlice", "mysql-1") }),
    finding({ severity: "info", object: object("v1", "Service", "only-info") }),
    finding({ object: null }),
  ];
  expect(namesText(report({ findings }))).toBe(
    "service/mysql\nstatefulset.apps/mysql\nendpointslice.discovery.k8s.io/mysql-1\n",
  );
});

test("nothing to mend is nothing, and a name cannot act on the terminal", () => {
  expect(namesText(report({ findings: [] }))).toBe("");
  expect(namesText(report({ findings: [finding({ object: object("v1", "Service", "a\u001b[2J") })] }))).toBe(
    "service/a\\x1b[2J\n",
  );
});
