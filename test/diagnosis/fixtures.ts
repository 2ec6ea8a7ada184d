import type { Predict } from "../../src/diagnosis/answers.ts";
import { type Diagnosis, diagnose, type Request } from "../../src/diagnosis/diagnose.ts";
import type { Answer, Prediction, RecordType } from "../../src/dns/records.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { defineRule, type Link, type Rule, type Severity } from "../../src/rules/rule.ts";
import { coreDnsPod, kubeDnsService } from "../kube-dns.ts";
import { type Case, snapshotOf } from "../rules/table.ts";

/** An answer as the prediction gives it, with only what a test is about. */
export function answer(name: string, type: RecordType, given: Partial<Answer>): Prediction {
  return {
    known: true,
    name,
    type,
    rcode: "NOERROR",
    answers: [],
    additional: [],
    authority: null,
    negativeTtl: null,
    cause: "endpoints",
    reason: "a test says so",
    withheld: [],
    withheldCount: 0,
    incomplete: null,
    askedAs: null,
    ...given,
  };
}

/** Every name has this IPv4 address. */
export const answersWith =
  (address: string): Predict =>
  (name, type) =>
    answer(name, type, {
      answers: type === "A" ? [{ name, type, ttl: 30, data: address, pod: null, object: null }] : [],
    });

export const nxdomain: Predict = (name, type) =>
  answer(name, type, { rcode: "NXDOMAIN", reason: "no endpoint is ready" });

export const unpredictable: Predict = (name, type) => ({
  known: false,
  name,
  type,
  cause: "not-collected",
  because: "endpointSlices could not be listed",
});

/** A rule that finds one thing on every Service. */
export function finding(id: string, link: Link, severity: Severity, given: Partial<Pick<Rule, "liveOnly">> = {}): Rule {
  return defineRule({
    id,
    link,
    severity,
    summary: "of a test",
    needs: { services: "present" },
    ...given,
    check: ({ service, namespace, name }) => [
      {
        object: service ?? { apiVersion: "v1", kind: "Service", namespace, name },
        message: `${id} was found.`,
        evidence: [],
        remedy: "",
      },
    ],
  });
}

export const MYSQL = `
apiVersion: v1
kind: Service
metadata: { name: mysql }
spec:
  clusterIP: None
  selector: { app: mysql }
  ports: [{ name: mysql, port: 3306 }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: mysql }
spec:
  serviceName: mysql
  replicas: 3
  selector: { matchLabels: { app: mysql } }
  template:
    metadata: { labels: { app: mysql } }
    spec: { containers: [{ name: mysql, image: mysql }] }
`;

/** Cluster DNS with one Pod, Ready. */
export const CLUSTER_DNS = `
---${kubeDnsService("[{ name: dns, port: 53, protocol: UDP }]")}
---${coreDnsPod({ name: "coredns-1", image: "coredns" })}`;

/** A Pod of StatefulSet mysql, as a cluster shows it. */
export function mysqlPod(ordinal: number, status: string): string {
  return `
---
apiVersion: v1
kind: Pod
metadata:
  name: mysql-${ordinal}
  labels: { app: mysql }
  ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: mysql, uid: "1", controller: true }]
spec:
  hostname: mysql-${ordinal}
  subdomain: mysql
  nodeName: node-1
  containers: [{ name: mysql, image: mysql }]
status: ${status}
`;
}

export const READY = `{ phase: Running, podIP: 10.244.0.7, conditions: [{ type: Ready, status: "True" }] }`;
export const NOT_READY = `{ phase: Running, podIP: 10.244.0.8, conditions: [{ type: Ready, status: "False" }] }`;

/** Diagnoses Service mysql of the default namespace, with the given rules only. */
export function diagnoseMysql(
  given: Partial<Case> & { readonly objects: string },
  rules: readonly Rule[],
  request: Partial<Request> = {},
): Diagnosis {
  return diagnose(indexSnapshot(snapshotOf({ name: "a test", ...given })), {
    subjects: [{ namespace: "default", name: "mysql", asked: true }],
    everything: true,
    predict: answersWith("10.244.0.7"),
    severityOf: () => null,
    ignores: [],
    rules,
    ...request,
  });
}

/** `service ok`, `selector broken`, ...: a chain as a test reads it. */
export function statuses({ services }: Diagnosis): Readonly<Record<string, string>> {
  return Object.fromEntries((services[0]?.chain ?? []).map(({ link, status }) => [link, status]));
}

export function summaries({ services }: Diagnosis): Readonly<Record<string, string>> {
  return Object.fromEntries((services[0]?.chain ?? []).map(({ link, summary }) => [link, summary]));
}
