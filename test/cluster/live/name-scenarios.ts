// Broken at what names the Service: a StatefulSet's serviceName, a Pod's subdomain; or the name cannot be.
import { deployment, headless, idle, NAME, pod, podSpec, statefulSet } from "./objects.ts";
import type { Scenario } from "./scenario.ts";
import { upAndPublished } from "./world.ts";

const LONG = `${"database-of-the-shop-".repeat(2)}production-x9`.padEnd(52, "0");

export const NAME_SCENARIOS: readonly Scenario[] = [
  {
    title: "a StatefulSet whose serviceName names no Service, beside the one that it should name",
    objects: [headless(), statefulSet({ serviceName: "db-headless", replicas: 2 })],
    breaks: upAndPublished(2),
    asks: ["db"],
    finds: {
      rule: "stateful-set-service-missing",
      link: "service",
      severity: "error",
      object: "StatefulSet/db",
      field: "spec.serviceName",
      message: ["StatefulSet db has serviceName: db-headless"],
      evidence: ["headless and selecting these Pods: db"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a StatefulSet whose Service was never made",
    objects: [statefulSet()],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "stateful-set-service-missing",
      link: "service",
      severity: "error",
      object: "StatefulSet/db",
      evidence: ["Services in NAMESPACE: none"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a StatefulSet without serviceName whose Pods call each other by name",
    objects: [
      headless(),
      statefulSet({
        serviceName: "",
        pod: podSpec(idle({ env: [{ name: "PEERS", value: "db-0.db" }] })),
      }),
    ],
    breaks: upAndPublished(1),
    finds: {
      rule: "stateful-set-service-missing",
      link: "service",
      severity: "error",
      object: "StatefulSet/db",
      evidence: ["serviceName is empty"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a Pod whose subdomain names no Service",
    objects: [pod("db-a", podSpec(idle(), { hostname: "db-a", subdomain: NAME }))],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "subdomain-names-no-service",
      link: "service",
      severity: "error",
      object: "Pod/db-a",
      field: "spec.subdomain",
    },
    mend: "remedy",
    answers: "db-a.db",
  },
  {
    title: "a Deployment whose subdomain is misspelled",
    objects: [headless(), deployment({ pod: podSpec(idle(), { hostname: "one", subdomain: "dbs" }) })],
    breaks: upAndPublished(1),
    finds: {
      rule: "subdomain-names-no-service",
      link: "service",
      severity: "error",
      object: "Deployment/db",
      field: "spec.template.spec.subdomain",
      evidence: ["near names in NAMESPACE: db"],
    },
    mend: "remedy",
    answers: "one.db",
  },
  {
    title: "setHostnameAsFQDN with a name that Linux cannot hold",
    objects: [
      headless(),
      statefulSet({
        name: "a-database-with-a-rather-long-name",
        serviceName: NAME,
        pod: podSpec(idle(), { setHostnameAsFQDN: true }),
      }),
    ],
    breaks: (world) => world.pod("a-database-with-a-rather-long-name-0", ({ status }) => status?.phase === "Pending"),
    finds: {
      rule: "dns-name-too-long",
      link: "service",
      severity: "error",
      object: "StatefulSet/a-database-with-a-rather-long-name",
      field: "spec.template.spec.setHostnameAsFQDN",
    },
    mend: "remedy",
  },
  {
    title: "a StatefulSet whose name is too long for its Pods' labels",
    objects: [headless(), statefulSet({ name: LONG, serviceName: NAME })],
    breaks: (world) => world.refused(),
    finds: {
      rule: "dns-name-too-long",
      link: "service",
      severity: "error",
      object: `StatefulSet/${LONG}`,
      message: ["controller-revision-hash"],
    },
    mend: async (world) => {
      await world.api.delete(world.ref("StatefulSet", LONG));
      await world.create(statefulSet());
    },
  },
  {
    title: "a client that names one Pod more than there are",
    objects: [
      headless(),
      statefulSet({ replicas: 2 }),
      deployment({
        name: "client",
        labels: { app: "client" },
        pod: podSpec(idle({ envFrom: [{ configMapRef: { name: "client" } }] })),
      }),
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "client" },
        data: { DB_HOSTS: "db-0.db:5432,db-1.db:5432,db-2.db.NAMESPACE.svc:5432" },
      },
    ],
    breaks: async (world) => {
      await world.ready(3);
      await world.published(2);
    },
    finds: {
      rule: "peer-name-broken",
      link: "client",
      severity: "error",
      object: "ConfigMap/client",
      field: "data.DB_HOSTS",
      message: [
        "ConfigMap client, which Deployment client uses, names db-2.db.NAMESPACE.svc",
        "its Pods are db-0 and db-1",
      ],
    },
    mend: "remedy",
    answers: "db-2.db",
  },
];
