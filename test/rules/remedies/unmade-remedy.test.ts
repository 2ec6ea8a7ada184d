import { expect, test } from "vitest";
import type { Event } from "../../../src/objects/others.ts";
import type { Workload } from "../../../src/objects/workload.ts";
import { unmadeRemedy } from "../../../src/rules/remedies/unmade-remedy.ts";

const set = { kind: "StatefulSet", metadata: { namespace: "shop", name: "db" } } as Workload;
const involvedObject = { apiVersion: "apps/v1", kind: "StatefulSet", namespace: "shop", name: "db" };
const linesFor = (message: string): readonly string[] =>
  unmadeRemedy(set, { involvedObject, message } as Event, "2026-01-01T00:00:00Z").split("\n");

/** As Kubernetes 1.34 writes them, behind `create Pod db-0 in StatefulSet db failed error: `. */
const REFUSALS: readonly (readonly [string, string])[] = [
  [
    'pods "db-0" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    "kubectl -n shop describe resourcequota",
  ],
  [
    'pods "db-0" is forbidden: maximum memory usage per Container is 16Mi, but limit is 64Mi',
    "kubectl -n shop describe limitrange",
  ],
  [
    'pods "db-0" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    "kubectl -n shop describe limitrange",
  ],
  [
    'pods "db-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
    "kubectl get namespace shop --show-labels",
  ],
  [
    'pods "db-0" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found',
    "kubectl -n shop create serviceaccount runner",
  ],
  ['pods "db-0" is forbidden: no PriorityClass with name nope was found', "kubectl get priorityclasses"],
  [
    `pods "db-0" is forbidden: ValidatingAdmissionPolicy 'needs-team' with binding 'all' denied request: no team`,
    "kubectl get validatingadmissionpolicy needs-team -o yaml",
  ],
  [
    'Internal error occurred: failed calling webhook "pods.example.com": failed to call webhook: service "gone" not found',
    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
  ],
  [
    'admission webhook "pods.example.com" denied the request: no',
    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
  ],
];

test.each(REFUSALS)("%s", (message, command) => {
  expect(linesFor(message)).toEqual([
    "kubectl -n shop describe statefulset db",
    command,
    "# once that is mended, its controller tries again by itself within 17 minutes; any change makes it try at once:",
    "# kubectl -n shop annotate statefulset db kheadless.dev/looked-at=2026-01-01T00:00:00Z --overwrite",
    "# kubectl -n shop annotate statefulset db kheadless.dev/looked-at-",
  ]);
});

test("a name out of an event stays one shell word", () => {
  expect(linesFor('serviceaccount "$(reboot)" not found')[1]).toBe("kubectl -n shop create serviceaccount '$(reboot)'");
});

test("what is not known shows who was refused, and how it is tried again", () => {
  expect(linesFor("something new")).toHaveLength(4);
});
