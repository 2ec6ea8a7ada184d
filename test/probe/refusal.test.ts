import { expect, it } from "vitest";
import { refusal } from "../../src/probe/refusal.ts";

// Messages as API servers of 1.34 and their admission give them.
it.each<readonly [status: number, message: string, told: string, exitCode: number]>([
  [
    403,
    'pods is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "shop"',
    "no permission to create pods in shop (user jane)",
    3,
  ],
  [
    403,
    'pods "web-0" is forbidden: User "jane" cannot patch resource "pods/ephemeralcontainers" in API group "" in the namespace "shop"',
    "no permission to patch pods/ephemeralcontainers in shop (user jane)",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
    "Pod Security (restricted:latest) of namespace shop forbids the probe's Pod: host namespaces (hostNetwork=true)",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3',
    "the quota of namespace shop has no room for the probe's Pod: few, requested: pods=1, used: pods=3, limited: pods=3",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: failed quota: disk: must specify requests.ephemeral-storage for: probe',
    "the quota of namespace shop wants more of a Pod than the probe's has: disk: must specify requests.ephemeral-storage for: probe",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: maximum memory usage per Container is 50Mi, but limit is 128Mi',
    "a LimitRange of namespace shop forbids the probe's Pod: maximum memory usage per Container is 50Mi, but limit is 128Mi",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: unable to create new content in namespace shop because it is being terminated',
    "namespace shop is being deleted: nothing can be created there",
    3,
  ],
  [
    403,
    'admission webhook "validate.kyverno.svc" denied the request: images must come from ours',
    "admission webhook validate.kyverno.svc denies the probe's Pod: images must come from ours",
    3,
  ],
  [
    400,
    'admission webhook "deny.test" denied the request without explanation',
    "admission webhook deny.test denies the probe's Pod: it does not say why",
    3,
  ],
  [
    500,
    'Internal error occurred: failed calling webhook "gate.test": failed to call webhook: Post "https://x": connection refused',
    'admission webhook gate.test could not be called, so that no Pod can be made: failed to call webhook: Post "https://x": connection refused',
    3,
  ],
  [
    422,
    "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'ours' with binding 'all' denied request: no probes",
    "ValidatingAdmissionPolicy 'ours' denies the probe's Pod: no probes",
    3,
  ],
  [
    403,
    'pods "p" is forbidden: error looking up service account shop/dns: serviceaccount "dns" not found',
    "there is no service account shop/dns",
    3,
  ],
  [404, 'namespaces "shop" not found', "there is no namespace shop", 2],
  [
    422,
    'Pod "p" is invalid: spec.x: Invalid value',
    'the API server takes the probe\'s Pod for invalid: Pod "p" is invalid: spec.x: Invalid value',
    3,
  ],
  [
    0,
    "the connection was cut",
    "the API server was asked for the probe's Pod and did not answer: the connection was cut",
    3,
  ],
  [418, "", "the API server refuses the probe's Pod (418): status 418", 3],
])("%i %s", (status, message, told, exitCode) => {
  const error = refusal({ status, message, body: null }, "the probe's Pod", "shop");
  expect(error.message).toBe(told);
  expect(error.exitCode).toBe(exitCode);
});
