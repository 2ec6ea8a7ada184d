import type { ProbePodOptions } from "../../src/probe/pod.ts";

/** What a probe's Pod is made of where nothing else is asked for. */
export const POD_OPTIONS: ProbePodOptions = {
  namespace: "shop",
  image: "dig:1",
  node: null,
  serviceAccount: "",
  imagePullSecrets: [],
  nodeSelector: {},
  tolerations: [],
  labels: {},
  override: null,
  deadlineSeconds: 75,
};
