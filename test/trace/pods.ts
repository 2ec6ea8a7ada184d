import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { type ServiceTrace, traceService } from "../../src/trace/trace.ts";
import { type Case, snapshotOf } from "../rules/table.ts";

/** What a selector of `app: a` finds, headless, at noon of a day. */
const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: a }
spec: { clusterIP: None, clusterIPs: [None], selector: { app: a }, ipFamilies: [IPv4] }
`;

/** The trace of Service `a` of a live cluster that holds these objects too. */
export function traceOf(objects: string, given: Partial<Case> = {}): ServiceTrace {
  const snapshot = snapshotOf({
    name: "a test",
    live: true,
    takenAt: "2026-01-01T12:00:00Z",
    objects: `${SERVICE}---\n${objects}`,
    ...given,
  });
  const lookups = namespaceLookups(indexSnapshot(snapshot));
  return traceService(lookups, { namespace: "default", name: "a", asked: true });
}

/** A Pod of Service `a` with this status, as YAML in flow style; `spec` adds to the one container app. */
export function podYaml(name: string, status: string, spec = "", meta = ""): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: a }${meta === "" ? "" : `, ${meta}`} }
spec: { ${spec === "" ? "nodeName: n1, containers: [{ name: app, image: app:1 }]" : spec} }
status: { ${status} }
`;
}

/** An Event about a Pod. */
export function eventYaml(pod: string, reason: string, message: string, lastSeen = "2026-01-01T11:59:00Z"): string {
  return `
apiVersion: v1
kind: Event
metadata: { name: ${pod}.${reason.toLowerCase()}.${Date.parse(lastSeen)} }
involvedObject: { apiVersion: v1, kind: Pod, namespace: default, name: ${pod} }
type: Warning
reason: ${reason}
message: ${JSON.stringify(message)}
lastTimestamp: ${lastSeen}
`;
}
