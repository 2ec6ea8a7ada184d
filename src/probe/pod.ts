import { randomInt } from "node:crypto";
import type { Labels } from "../objects/meta.ts";
import type { ProbeProgram } from "./errand.ts";
import { isJson, type Json, mergePatch } from "./merge-patch.ts";

/** Holds dig and a shell; the version is part of what was tried. */
export const DEFAULT_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53";
export const CONTAINER = "probe";
export const NAME_PREFIX = "kheadless-probe-";
/** Whose Pod it is, by a hash: other people's are left alone. */
export const USER_LABEL = "kheadless.dev/probe-user";
/** Of which run it is: what `kubectl delete -l` needs to find all that one run left. */
export const RUN_LABEL = "kheadless.dev/probe-run";

export interface Toleration {
  readonly key?: string;
  readonly operator: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** What a probe's Pod is to be like. */
export interface ProbePodOptions {
  readonly namespace: string;
  readonly image: string;
  /** null: wherever the scheduler puts it. */
  readonly node: string | null;
  /** "" for the namespace's default one. Its token is never mounted. */
  readonly serviceAccount: string;
  readonly imagePullSecrets: readonly string[];
  readonly nodeSelector: Labels;
  readonly tolerations: readonly Toleration[];
  /** On top of our own. */
  readonly labels: Labels;
  /** A JSON merge patch over the Pod (RFC 7386). */
  readonly override: Json | null;
  /** After so many seconds it ends by itself, whatever became of us. */
  readonly deadlineSeconds: number;
}

/** Who makes a Pod, and in which run. */
export interface Maker {
  /** A hash of the user's name as the API server knows it; null where it does not tell. */
  readonly user: string | null;
  readonly run: string;
}

export interface PodManifest {
  readonly apiVersion: "v1";
  readonly kind: "Pod";
  readonly metadata: { readonly name?: string; readonly namespace: string; readonly labels: Labels } & Json;
  readonly spec: Json;
}

/** Any user but root and those of distributions; images need not know it. */
const USER_ID = 65_532;

/**
 * The Pod that runs `program`, as Pod Security's level *restricted* wants it. `name` null leaves the name to the API server
 * (`generateName`): for those who create it themselves.
 */
export function probePod(
  { namespace, override, ...options }: ProbePodOptions,
  program: ProbeProgram,
  name: string | null,
  maker: Maker | null,
): PodManifest {
  const named = name === null ? { generateName: NAME_PREFIX } : { name };
  const labels = { ...OWN_LABELS, ...options.labels, ...(maker === null ? {} : makerLabels(maker)) };
  const { metadata, spec } = mergePatch(
    { metadata: { ...named, namespace, labels }, spec: specOf(options, program) },
    override ?? {},
  ) as { readonly metadata?: Json; readonly spec?: Json };
  // What finds it again is not to be overridden.
  const kept = maker === null ? {} : makerLabels(maker);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, ...named, namespace, labels: { ...(metadata?.labels as Labels | undefined), ...kept } },
    spec: spec ?? {},
  };
}

/** Whether somebody may have given the Pod labels by which others choose Pods. */
export function setsLabels({ labels, override }: ProbePodOptions): boolean {
  const { metadata } = override ?? {};
  return Object.keys(labels).length > 0 || (isJson(metadata) && isJson(metadata.labels));
}

const OWN_LABELS: Labels = {
  "app.kubernetes.io/name": "kheadless-probe",
  "app.kubernetes.io/managed-by": "kheadless",
};

function makerLabels({ user, run }: Maker): Labels {
  return { ...(user === null ? {} : { [USER_LABEL]: user }), [RUN_LABEL]: run };
}

function specOf(options: Omit<ProbePodOptions, "namespace" | "override">, { command, args }: ProbeProgram): Json {
  const { node, serviceAccount, imagePullSecrets, nodeSelector, tolerations, deadlineSeconds, image } = options;
  const tolerated = [...(node === null ? [] : ANY_NODE), ...tolerations];
  return {
    restartPolicy: "Never",
    activeDeadlineSeconds: deadlineSeconds,
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(serviceAccount === "" ? {} : { serviceAccountName: serviceAccount }),
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    nodeSelector: { "kubernetes.io/os": "linux", ...nodeSelector },
    ...(node === null ? {} : { affinity: onNode(node) }),
    ...(tolerated.length === 0 ? {} : { tolerations: tolerated }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: CONTAINER,
        image,
        imagePullPolicy: "IfNotPresent",
        command,
        args,
        resources: {
          requests: { cpu: "20m", memory: "32Mi" },
          limits: { cpu: "500m", memory: "128Mi" },
        },
        securityContext: CONTAINER_SECURITY,
      },
    ],
  };
}

const CONTAINER_SECURITY: Json = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Whoever names a node means it, also where it is cordoned or tainted; the scheduler still says where it is full. */
const ANY_NODE: readonly Toleration[] = [{ operator: "Exists", effect: "NoSchedule" }];

/** As DaemonSets pin their Pods: by the node's own name, which its hostname label need not be. */
function onNode(node: string): Json {
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

/**
 * The container that is put into a client's Pod: the same program under the same restrictions. It can have no resources of
 * its own (the API allows none), and its user is given on it, not on the Pod.
 */
export function probeContainer(name: string, image: string, { command, args }: ProbeProgram): Json {
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    command,
    args,
    securityContext: {
      ...CONTAINER_SECURITY,
      runAsNonRoot: true,
      runAsUser: USER_ID,
      runAsGroup: USER_ID,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** No vowels, so that no words come out, and no digits that look like letters: as the API server makes them. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** Eight letters by chance. */
export function randomSuffix(): string {
  return Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
