import { expect, test } from "vitest";
import type { Finding } from "../../src/diagnosis/engine.ts";
import { mergeFindings } from "../../src/diagnosis/merge.ts";

const SERVICES = 30_000;

function finding(at: number, of: Partial<Finding>): Finding {
  return {
    rule: "cluster-dns-down",
    severity: "error",
    link: "cluster-dns",
    object: { apiVersion: "v1", kind: "Service", namespace: "kube-system", name: "kube-dns" },
    field: null,
    message: "nobody answers",
    evidence: [],
    remedy: "",
    location: null,
    docs: "",
    services: [`shop/db-${String(at).padStart(5, "0")}`],
    ...of,
  };
}

/** Of each Service its own entry. */
function listed(at: number): Finding {
  const item = `db-${at}.svc.cluster.local`;
  const entries = [{ item, place: String(at), shown: `data[${at}]` }];
  return finding(at, { listing: { before: "It writes out ", after: ".", entries } });
}

// Put together one by one this takes minutes.
test.each([
  ["the same finding", (at: number) => finding(at, {}), "nobody answers"],
  [
    "a listing",
    listed,
    "It writes out db-0.svc.cluster.local, db-1.svc.cluster.local, db-2.svc.cluster.local and 29997 more.",
  ],
])("%s on the paths of thousands of Services is one, which names them all", (_, make, message) => {
  const findings = Array.from({ length: SERVICES }, (_, at) => make(at));
  const [merged, ...others] = mergeFindings(findings);
  expect(others).toEqual([]);
  expect(merged?.message).toBe(message);
  expect(merged?.services).toEqual(findings.flatMap(({ services }) => services));
});
