import type { ChainLink, LinkStatus, Verdict } from "../../src/diagnosis/chain.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "../../src/report/document.ts";
import { type Look, plainStyle } from "../../src/report/style.ts";
import type { Link } from "../../src/rules/rule.ts";

/** A terminal of 80 columns that shows everything but colour. */
export const plain = (look: Partial<Look> = {}) =>
  plainStyle({
    width: 80,
    columns: look.width ?? 80,
    colour: false,
    unicode: true,
    cut: false,
    program: "kheadless",
    ...look,
  });

const link = (name: Link, status: LinkStatus, summary: string): ChainLink => ({ link: name, status, summary });

export const HEALTHY: ServiceDocument = {
  namespace: "shop",
  name: "cart",
  exists: true,
  headless: true,
  verdict: "healthy",
  chain: [
    link("service", "ok", "clusterIP: None · port cart 80 -> 80"),
    link("selector", "ok", "app=cart matches 2 Pods of StatefulSet cart"),
    link("pods", "ok", "2 of 2 Running"),
    link("readiness", "ok", "2 of 2 Ready"),
    link("endpointslices", "ok", "cart-abc: 2 ready of 2"),
    link("cluster-dns", "ok", "2 of 2 Pods of kube-system/kube-dns Ready"),
    link("answer", "ok", "10.244.0.5 and 10.244.0.6"),
    link("client", "skipped", "no client was named"),
  ],
};

export const BROKEN: ServiceDocument = {
  namespace: "shop",
  name: "mysql",
  exists: true,
  headless: true,
  verdict: "broken",
  chain: [
    link("service", "ok", "clusterIP: None · port mysql 3306 -> 3306"),
    link("selector", "broken", "app=mysq1 matches none of the 7 Pods in shop"),
    link("pods", "skipped", "none selected; 3 Pods of StatefulSet mysql, 3 of 3 Running"),
    link("readiness", "skipped", "no Pod is running"),
    link("endpointslices", "skipped", "none of this Service"),
    link("cluster-dns", "unknown", "no permission to list pods in kube-system"),
    link("answer", "skipped", "NXDOMAIN for mysql.shop.svc.cluster.local and mysql-{0..2}.mysql"),
    link("client", "skipped", "no client was named"),
  ],
};

export function service(verdict: Verdict, given: Partial<ServiceDocument>): ServiceDocument {
  return { ...(verdict === "broken" ? BROKEN : HEALTHY), verdict, ...given };
}

export const FINDING: FindingDocument = {
  rule: "selector-matches-no-pods",
  severity: "error",
  link: "selector",
  object: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "mysql" },
  field: "spec.selector.app",
  message:
    "The selector asks for app=mysq1; StatefulSet mysql's Pods carry app=mysql. No Pod is selected, so no endpoint is made, so the name does not exist.",
  evidence: ["selector app=mysq1, Pods app=mysql"],
  remedy: `kubectl -n shop patch service mysql -p '{"spec":{"selector":{"app":"mysql","tier":"a-long-value-that-goes-on"}}}'`,
  location: { file: "manifests/mysql.yaml", line: 7, column: 10 },
  docs: "https://example.com/selector-matches-no-pods.md",
  services: ["shop/mysql"],
};

export function finding(given: Partial<FindingDocument>): FindingDocument {
  return { ...FINDING, ...given };
}

export function report(given: Partial<ReportDocument>): ReportDocument {
  const { services = [BROKEN], findings = [FINDING] } = given;
  const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  return {
    apiVersion: "kheadless/v1",
    kind: "Report",
    source: { kind: "cluster", description: "context kind-dev, namespace shop" },
    services,
    findings,
    suppressed: [],
    unchecked: [],
    notRead: [],
    summary: {
      services: services.length,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    },
    ...given,
  };
}
