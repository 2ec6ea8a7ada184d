// Broken at the selector: it matches none, too few, or others.
import { APP, deployment, headless, idle, NAME, pod, podSpec, statefulSet } from "./objects.ts";
import type { Scenario } from "./scenario.ts";

export const SELECTOR_SCENARIOS: readonly Scenario[] = [
  {
    title: "a typo in the selector's value",
    objects: [headless(NAME, { selector: { app: "bd" } }), statefulSet({ replicas: 2 })],
    breaks: (world) => world.ready(2),
    finds: {
      rule: "selector-matches-no-pods",
      link: "selector",
      severity: "error",
      object: "Service/db",
      field: "spec.selector.app",
      message: ["cluster DNS answers NXDOMAIN for its name and every name below it"],
      evidence: ["app=db", "2 Pods in NAMESPACE, none with app=bd"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a selector of a key that the Pods don't have",
    objects: [headless(NAME, { selector: { "app.kubernetes.io/name": NAME } }), statefulSet()],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "selector-matches-no-pods",
      link: "selector",
      severity: "error",
      object: "Service/db",
      evidence: ["1 Pod in NAMESPACE, none with app.kubernetes.io/name=db"],
    },
    mend: "remedy",
  },
  {
    title: "labels that only the StatefulSet itself has",
    objects: [
      headless(NAME, { selector: { ...APP, tier: "data" } }),
      statefulSet({ metadata: { labels: { ...APP, tier: "data" } } }),
    ],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "selector-matches-no-pods",
      link: "selector",
      severity: "error",
      object: "Service/db",
      evidence: ["StatefulSet db: tier=data in metadata.labels, not in the Pod template's metadata.labels"],
    },
    mend: "remedy",
  },
  {
    title: "a headless Service without a selector",
    objects: [headless(NAME, { selector: undefined }), statefulSet()],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "selector-missing",
      link: "selector",
      severity: "error",
      object: "Service/db",
      field: "spec.selector",
      evidence: ["needed by StatefulSet db", "no EndpointSlice labelled kubernetes.io/service-name=db"],
    },
    mend: "remedy",
  },
  {
    title: "two applications under one selector",
    objects: [
      headless(),
      statefulSet({ labels: { ...APP, role: "server" } }),
      deployment({ name: "admin", labels: { ...APP, role: "admin" } }),
    ],
    breaks: async (world) => {
      await world.ready(2);
      await world.published(2);
    },
    finds: {
      rule: "selector-matches-foreign-pods",
      link: "selector",
      severity: "warning",
      object: "Service/db",
      message: ["matches not only StatefulSet db, but also Deployment admin"],
      evidence: ["Deployment admin: 1 Pod"],
    },
    mend: "remedy",
  },
  {
    title: "a Pod that lost its label",
    objects: [
      headless(NAME, { selector: { ...APP, tier: "data" } }),
      statefulSet({ replicas: 2, labels: { ...APP, tier: "data" }, spec: { selector: { matchLabels: APP } } }),
    ],
    breaks: async (world) => {
      await world.ready(2);
      await world.patch("Pod", "db-1", { metadata: { labels: { tier: null } } });
      await world.published(1);
    },
    finds: {
      rule: "selector-misses-replicas",
      link: "selector",
      severity: "warning",
      object: "Service/db",
      message: ["selects 1 of the 2 Pods of StatefulSet db", "db-1"],
      evidence: ["Pod db-1 has no label tier; wanted tier=data"],
    },
    mend: "remedy",
    answers: "db-1.db",
  },
  {
    title: "a governing Service that selects another workload's Pods",
    objects: [
      headless(NAME, { selector: { app: "proxy" } }),
      statefulSet(),
      deployment({ name: "proxy", labels: { app: "proxy" } }),
    ],
    breaks: async (world) => {
      await world.ready(2);
      await world.published(1);
    },
    finds: {
      rule: "stateful-set-selector-mismatch",
      link: "selector",
      severity: "error",
      object: "Service/db",
      field: "spec.selector",
      message: ["governs StatefulSet db", "answers other Pods' addresses"],
      evidence: ["it selects the Pods of proxy instead"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a bare Pod under a misspelled selector",
    objects: [
      headless(NAME, { selector: { app: "dbb" } }),
      pod("one", podSpec(idle(), { hostname: "one", subdomain: NAME })),
    ],
    breaks: (world) => world.ready(1),
    finds: {
      rule: "selector-matches-no-pods",
      link: "selector",
      severity: "error",
      object: "Service/db",
    },
    mend: "remedy",
    answers: "one.db",
  },
  {
    title: "one of two bare Pods with a typo in the label that the Service selects by",
    objects: [
      headless(NAME, { selector: { ...APP, tier: "back" } }),
      pod("one", podSpec(idle(), { hostname: "one", subdomain: NAME }), { ...APP, tier: "back" }),
      pod("two", podSpec(idle(), { hostname: "two", subdomain: NAME }), { ...APP, tier: "bakc" }),
    ],
    breaks: async (world) => {
      await world.ready(2);
      await world.published(1);
    },
    finds: {
      rule: "subdomain-selector-mismatch",
      link: "selector",
      severity: "warning",
      object: "Pod/two",
      field: "metadata.labels",
      message: ["Pod two asks by hostname and subdomain for the name two.db.NAMESPACE"],
      evidence: ["selector tier=back, but the Pod's labels have tier=bakc"],
    },
    mend: "remedy",
    answers: "two.db",
  },
];
