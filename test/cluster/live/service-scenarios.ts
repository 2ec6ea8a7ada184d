// Broken at the Service itself.
import {
  deployment,
  FAKE_NODE,
  headless,
  idle,
  NAME,
  PORT,
  pod,
  podSpec,
  readyAt,
  service,
  statefulSet,
} from "./objects.ts";
import type { Scenario } from "./scenario.ts";
import { upAndPublished } from "./world.ts";

export const SERVICE_SCENARIOS: readonly Scenario[] = [
  {
    title: "a Service that does not exist, and one of a near name that does",
    objects: [headless(), statefulSet()],
    breaks: upAndPublished(1),
    asks: ["dbs"],
    finds: {
      rule: "service-not-found",
      link: "service",
      severity: "error",
      object: "Service/dbs",
      message: ["There is no Service dbs in namespace NAMESPACE"],
      evidence: ["near names there: db"],
    },
    mend: async () => {},
    thenAsks: ["db"],
    answers: "dbs",
  },
  {
    title: "a Service of another namespace",
    objects: [],
    breaks: async () => {},
    asks: ["kube-dns"],
    finds: {
      rule: "service-not-found",
      link: "service",
      severity: "error",
      object: "Service/kube-dns",
      evidence: ["namespace NAMESPACE has no Services at all", "Service kube-dns exists in: kube-system"],
    },
    mend: async (world) => {
      await world.create(headless("kube-dns"), statefulSet({ serviceName: "kube-dns" }));
    },
    answers: "kube-dns",
  },
  {
    title: "a Service that is deleted, and that a finalizer keeps",
    objects: [headless(NAME, {}, { finalizers: ["kheadless.test/hold"] }), statefulSet()],
    async breaks(world) {
      await upAndPublished(1)(world);
      await world.api.delete(world.ref("Service", NAME));
    },
    finds: {
      rule: "service-terminating",
      link: "service",
      severity: "warning",
      object: "Service/db",
      message: ["only finalizer kheadless.test/hold keeps it"],
    },
    async mend(world) {
      const kept = world.ref("Service", NAME);
      await world.api.patch(kept, { metadata: { finalizers: null } });
      await world.api.wait(kept, (one) => one === undefined);
      await world.create(headless());
    },
  },
  {
    title: "a StatefulSet's Service without clusterIP: None",
    objects: [service(NAME), statefulSet({ replicas: 2 })],
    breaks: upAndPublished(2),
    finds: {
      rule: "cluster-ip-not-none",
      link: "service",
      severity: "error",
      object: "Service/db",
      field: "spec.clusterIP",
      message: ["needs it headless", "the one virtual address"],
      evidence: ["type: ClusterIP, clusterIP: "],
    },
    mend: "remedy",
  },
  {
    title: "a NodePort Service where a StatefulSet needs a headless one",
    objects: [service(NAME, { type: "NodePort" }), statefulSet()],
    breaks: upAndPublished(1),
    finds: {
      rule: "cluster-ip-not-none",
      link: "service",
      severity: "error",
      object: "Service/db",
      evidence: ["type: NodePort"],
    },
    mend: "remedy",
    thenAsks: ["db-headless"],
    answers: "db-headless",
  },
  {
    title: "a Service with a cluster IP that was asked about",
    objects: [service(NAME), deployment()],
    breaks: upAndPublished(1),
    finds: {
      rule: "cluster-ip-not-none",
      link: "service",
      severity: "warning",
      object: "Service/db",
      message: ["is not headless: its name answers the one virtual address"],
    },
    mend: "remedy",
  },
  {
    title: "loadBalancerIP: None, which was meant as clusterIP: None",
    objects: [service(NAME, { loadBalancerIP: "None" }), statefulSet()],
    breaks: upAndPublished(1),
    finds: {
      rule: "cluster-ip-misspelled",
      link: "service",
      severity: "error",
      object: "Service/db",
      field: "spec.loadBalancerIP",
    },
    mend: "remedy",
  },
  {
    title: "a headless Service with externalName",
    objects: [
      headless(NAME, { selector: undefined, externalName: "db-real.NAMESPACE.svc.cluster.local" }),
      headless("db-real"),
      statefulSet({ serviceName: "db-real" }),
    ],
    breaks: upAndPublished(1, "db-real"),
    finds: {
      rule: "external-name-ignored",
      link: "service",
      severity: "error",
      object: "Service/db",
      field: "spec.externalName",
      message: ["so its name is NXDOMAIN and not a CNAME"],
      evidence: ["no selector"],
    },
    mend: "remedy",
  },
  {
    title: "an alias of a Service that does not exist",
    objects: [
      service("alias", {
        type: "ExternalName",
        selector: undefined,
        externalName: "dbb.NAMESPACE.svc.cluster.local",
      }),
      headless(),
      statefulSet(),
    ],
    breaks: upAndPublished(1),
    asks: ["alias"],
    finds: {
      rule: "external-name-target",
      link: "service",
      severity: "error",
      object: "Service/alias",
      message: ["there is no Service dbb in namespace NAMESPACE"],
      evidence: ["near names there: db"],
    },
    mend: "remedy",
    answers: "alias",
  },
  {
    title: "an alias of a short name",
    objects: [
      service("alias", { type: "ExternalName", selector: undefined, externalName: "db.NAMESPACE.svc" }),
      headless(),
      statefulSet(),
    ],
    breaks: upAndPublished(1),
    asks: ["alias"],
    finds: {
      rule: "external-name-target",
      link: "service",
      severity: "error",
      object: "Service/alias",
      message: ["search lists do not complete the target of an alias"],
    },
    mend: "remedy",
  },
  {
    title: "an alias of an address",
    objects: [service("alias", { type: "ExternalName", selector: undefined, externalName: "192.0.2.9" })],
    breaks: async () => {},
    asks: ["alias"],
    finds: {
      rule: "external-name-target",
      link: "service",
      severity: "error",
      object: "Service/alias",
      message: ["gives the address 192.0.2.9 as externalName"],
    },
    mend: "remedy",
  },
  {
    title: "session affinity on a headless Service",
    objects: [headless(NAME, { sessionAffinity: "ClientIP" }), statefulSet()],
    breaks: upAndPublished(1),
    finds: { rule: "headless-field-ignored", link: "service", severity: "info", object: "Service/db" },
    mend: "remedy",
  },
  {
    title: "a port that is not the target port",
    objects: [headless(NAME, { ports: [{ name: NAME, port: 80, targetPort: PORT }] }), statefulSet()],
    breaks: upAndPublished(1),
    finds: {
      rule: "port-differs-from-target-port",
      link: "service",
      severity: "warning",
      object: "Service/db",
      field: "spec.ports[0].port",
      message: [`Port db of headless Service db is 80, but its Pods are meant to listen on ${PORT}`],
    },
    mend: "remedy",
  },
  {
    title: "a named target port that the Pods don't have",
    objects: [headless(NAME, { ports: [{ name: NAME, port: PORT, targetPort: "postgres" }] }), statefulSet()],
    breaks: upAndPublished(1),
    finds: {
      rule: "target-port-unresolved",
      link: "service",
      severity: "error",
      object: "Service/db",
      field: "spec.ports[0].targetPort",
      message: ["_db._tcp is NXDOMAIN"],
      evidence: [`has db ${PORT}/TCP of container main`],
    },
    mend: "remedy",
  },
  {
    title: "a port without a name",
    objects: [headless(NAME, { ports: [{ port: PORT }] }), statefulSet()],
    breaks: upAndPublished(1),
    finds: { rule: "port-unnamed", link: "service", severity: "info", object: "Service/db" },
    mend: "remedy",
  },
  {
    title: "a Service of a family that its Pods don't have",
    dualStack: true,
    objects: [headless(NAME, { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] })],
    // The node gives its Pods both families, so the Pod is one that no kubelet knows.
    async breaks(world) {
      await world.create(pod("v4-only", podSpec(idle(), { nodeName: FAKE_NODE })));
      await world.api.patchStatus(world.ref("Pod", "v4-only"), { status: readyAt("10.244.200.9") });
    },
    finds: {
      rule: "ip-family-mismatch",
      link: "service",
      severity: "error",
      object: "Service/db",
      field: "spec.ipFamilies",
      evidence: ["Pod v4-only: 10.244.200.9"],
    },
    mend: "remedy",
  },
  {
    title: "a headless Service before interchangeable Pods",
    objects: [headless(), deployment({ replicas: 2 })],
    breaks: upAndPublished(2),
    finds: { rule: "stateless-workload", link: "service", severity: "info", object: "Service/db" },
    mend: "remedy",
  },
];
