// Broken between Pods and slices, where people or controllers write them.
import { endpoints, headless, idle, NAME, pod, podSpec, readyAt, slice, statefulSet } from "./objects.ts";
import type { Scenario } from "./scenario.ts";
import { isPast } from "./world.ts";

const LABEL = "kubernetes.io/service-name";
const WITHOUT_SELECTOR = headless(NAME, { selector: undefined });

export const ENDPOINT_SLICE_SCENARIOS: readonly Scenario[] = [
  {
    title: "a slice without its label",
    objects: [WITHOUT_SELECTOR, slice("db-1", ["192.0.2.10"], {})],
    breaks: async () => {},
    finds: {
      rule: "endpoint-slice-unlabelled",
      link: "endpointslices",
      severity: "error",
      object: "EndpointSlice/db-1",
      message: ["has no label kubernetes.io/service-name"],
      evidence: ["192.0.2.10"],
    },
    mend: "remedy",
  },
  {
    title: "a slice whose label is misspelled",
    objects: [WITHOUT_SELECTOR, slice("db-1", ["192.0.2.10"], { [LABEL]: "dbb" })],
    breaks: async () => {},
    finds: {
      rule: "endpoint-slice-unlabelled",
      link: "endpointslices",
      severity: "error",
      object: "EndpointSlice/db-1",
      message: ["kubernetes.io/service-name=dbb, and there is no Service of that name"],
    },
    mend: "remedy",
  },
  {
    title: "slices that a removed selector left, with Pods that are there",
    objects: [headless(), statefulSet()],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(1);
      await world.patch("Service", NAME, { spec: { selector: null } });
    },
    finds: {
      rule: "endpoint-slice-stale",
      link: "endpointslices",
      severity: "warning",
      object: "EndpointSlice/",
      message: ["left of a selector that Service db no longer has"],
      evidence: ["spec.selector: none"],
    },
    mend: "remedy",
  },
  {
    title: "slices that a removed selector left, with Pods that are gone",
    objects: [headless(), statefulSet()],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(1);
      await world.patch("Service", NAME, { spec: { selector: null } });
      const [before] = await world.pods((pods) => pods.length === 1);
      await world.api.delete(world.ref("Pod", "db-0"), { now: true });
      await world.pods((pods) => pods.length === 1 && pods[0]?.metadata.uid !== before?.metadata.uid);
      await world.ready(1);
    },
    finds: {
      rule: "endpoint-slice-stale",
      link: "endpointslices",
      severity: "error",
      object: "EndpointSlice/",
      message: ["No Ready Pod has an address of theirs"],
    },
    mend: "remedy",
  },
  {
    title: "a slice written by hand that adds to a selector's Pods",
    objects: [headless(), statefulSet(), slice("extra", ["192.0.2.77"], { [LABEL]: NAME })],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(2);
    },
    finds: {
      rule: "endpoint-slice-stale",
      link: "endpointslices",
      severity: "warning",
      object: "EndpointSlice/extra",
      message: ["adds 192.0.2.77 to the answer for Service db"],
    },
    mend: "remedy",
  },
  {
    title: "a label taken off the controller's own slice",
    objects: [headless(), statefulSet()],
    async breaks(world) {
      await world.ready(1);
      await world.published(1);
      const [made] = await world.slices((slices) => slices.length > 0);
      const slice = world.ref("EndpointSlice", `${made?.metadata.name}`);
      await world.api.patch(slice, { metadata: { labels: { [LABEL]: null } } });
      await world.published(0);
    },
    finds: {
      rule: "endpoint-slice-missing",
      link: "endpointslices",
      severity: "error",
      object: "EndpointSlice/",
      field: "metadata.labels",
      message: ["has lost the label kubernetes.io/service-name"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "a Ready Pod on a Node that is no more",
    objects: [headless(), pod("one")],
    async breaks(world) {
      await world.ready(1);
      await world.published(1);
      const left = pod("left-behind", podSpec(idle(), { nodeName: "gone-for-good" }));
      await world.create(left);
      await world.api.patchStatus(world.ref("Pod", "left-behind"), { status: readyAt("10.244.200.10") });
      await world.pod("left-behind", ({ metadata }) => isPast(`${metadata.creationTimestamp}`, 12));
    },
    finds: {
      rule: "endpoint-slice-missing",
      link: "endpointslices",
      severity: "error",
      object: "Service/db",
      message: ["Pod left-behind is selected and Ready, and no EndpointSlice publishes it"],
      evidence: ["Pod left-behind: 10.244.200.10 in no slice"],
    },
    // Nodes are not read: doctor asks for no right that reaches beyond the namespace where it need not.
    mend: (world) => world.api.delete(world.ref("Pod", "left-behind"), { now: true }),
  },
  {
    title: "Endpoints written by hand, and mirrored",
    objects: [WITHOUT_SELECTOR, endpoints(NAME, ["192.0.2.20"])],
    breaks: (world) => world.published(1),
    finds: {
      rule: "endpoints-deprecated",
      link: "endpointslices",
      severity: "info",
      object: "Endpoints/db",
    },
    mend: "remedy",
  },
  {
    title: "Endpoints that are not mirrored",
    objects: [WITHOUT_SELECTOR, endpoints(NAME, ["192.0.2.20"], { "endpointslice.kubernetes.io/skip-mirror": "true" })],
    breaks: async () => {},
    finds: {
      rule: "endpoints-deprecated",
      link: "endpointslices",
      severity: "error",
      object: "Endpoints/db",
      evidence: ["endpointslice.kubernetes.io/skip-mirror: true"],
    },
    mend: "remedy",
  },
  {
    title: "Endpoints of a misspelled name",
    objects: [WITHOUT_SELECTOR, endpoints("dbb", ["192.0.2.20"])],
    breaks: async () => {},
    finds: {
      rule: "endpoints-deprecated",
      link: "endpointslices",
      severity: "error",
      object: "Endpoints/dbb",
      message: ["belongs to no Service"],
    },
    mend: "remedy",
  },
];
