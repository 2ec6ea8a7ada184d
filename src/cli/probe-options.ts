import { isDns1123Subdomain, isLabelValue, isQualifiedName } from "../kubernetes/names.ts";
import type { Labels } from "../objects/meta.ts";
import type { Place } from "../probe/place.ts";
import { parseDuration } from "../sources/cluster/duration.ts";
import { UsageError } from "./errors.ts";
import type { InputOptions, OutputOptions } from "./options.ts";
import { podArgument } from "./pod-argument.ts";

/** From where to ask, and how its Pod is to be: what `probe` and `doctor --probe` have in common. */
export interface PlaceOptions {
  readonly node?: string;
  readonly everyNode?: true;
  readonly in?: string;
  readonly exec?: true;
  readonly container?: string;
  readonly image?: string;
  readonly imagePullSecret?: readonly string[];
  readonly serviceAccount?: string;
  readonly toleration?: readonly string[];
  readonly nodeSelector?: string;
  readonly labels?: string;
  readonly like?: string;
  readonly override?: string;
  readonly timeout?: string;
  readonly yes?: true;
}

export interface ProbeOptions extends InputOptions, OutputOptions, PlaceOptions {
  readonly service?: readonly string[];
  readonly type?: string;
  readonly count?: string;
  readonly connect?: true;
  readonly dryRun?: true;
  readonly clean?: true;
}

/** Pods on so many nodes at a time. */
const NODES_AT_ONCE = 10;
const TIMEOUT_MS = 60_000;
/** What our own clock and the kubelet's may be apart, and what reading the log may take. */
const DEADLINE_MARGIN_SECONDS = 15;

/** Every option of PlaceOptions, as it is written. */
const PLACE_OPTIONS = {
  node: "--node",
  everyNode: "--every-node",
  in: "--in",
  exec: "--exec",
  container: "-c",
  image: "--image",
  imagePullSecret: "--image-pull-secret",
  serviceAccount: "--service-account",
  toleration: "--toleration",
  nodeSelector: "--node-selector",
  labels: "--labels",
  like: "--like",
  override: "--override",
  timeout: "--timeout",
  yes: "--yes",
} as const satisfies Record<keyof PlaceOptions, string>;

/** Options that say how to probe, given where nothing is probed, would be passed over in silence. Throws UsageError. */
export function refuseWithoutProbe(options: PlaceOptions & { readonly count?: string }): void {
  const names = { ...PLACE_OPTIONS, count: "--count" } as const;
  const given = (Object.keys(names) as (keyof typeof names)[]).find((key) => options[key] !== undefined);
  if (given !== undefined) throw new UsageError(`${names[given]} is for asking from inside: give --probe, too`);
}

/** Milliseconds of `--timeout`. Throws UsageError. */
export function timeoutOf({ timeout }: PlaceOptions): number {
  if (timeout === undefined) return TIMEOUT_MS;
  const milliseconds = parseDuration(timeout);
  if (milliseconds === null || milliseconds < 1_000) {
    throw new UsageError(`--timeout ${timeout}: write 30s, 2m or 1m30s, and at least 1s`);
  }
  return milliseconds;
}

/** How often to ask everything, of `--count`. Throws UsageError. */
export function countOf({ count = "1" }: { readonly count?: string }): number {
  const rounds = Number(count);
  if (!/^\d+$/.test(count) || rounds < 1 || rounds > 1000) {
    throw new UsageError(`--count ${count}: write a number from 1 to 1000`);
  }
  return rounds;
}

/** Where the options say to ask from; `namespace` is that of names that leave it out. Throws UsageError. */
export function placeOf(options: PlaceOptions, namespace: string, defaultImage: string): Place {
  refuseContradictions(options);
  const image = imageOf(options.image) ?? defaultImage;
  if (options.in !== undefined) {
    const named = podArgument("--in", options.in);
    const pod = { name: named.name, namespace: named.namespace ?? namespace };
    return options.exec
      ? { kind: "exec", pod, container: options.container ?? null }
      : { kind: "container", pod, image };
  }
  const pod = {
    namespace,
    image,
    node: options.node === undefined ? null : objectName("--node", options.node),
    serviceAccount: options.serviceAccount === undefined ? "" : objectName("--service-account", options.serviceAccount),
    imagePullSecrets: (options.imagePullSecret ?? []).map((name) => objectName("--image-pull-secret", name)),
    nodeSelector: labelsOf("--node-selector", options.nodeSelector),
    tolerations: (options.toleration ?? []).map(tolerationOf),
    labels: labelsOf("--labels", options.labels),
    override: options.override === undefined ? null : overrideOf(options.override),
    deadlineSeconds: Math.ceil(timeoutOf(options) / 1000) + DEADLINE_MARGIN_SECONDS,
  };
  const client = options.like === undefined ? null : podArgument("--like", options.like);
  const like = client === null ? null : { name: client.name, namespace: client.namespace ?? namespace };
  if (like !== null && like.namespace !== namespace) {
    throw new UsageError(
      `--like ${options.like}: policies go by namespace, too: ask from there with -n ${like.namespace}`,
    );
  }
  return options.everyNode
    ? { kind: "every-node", options: pod, like, atOnce: NODES_AT_ONCE }
    : { kind: "pod", options: pod, like };
}

/** Options that say of which kind our own Pod is to be: they have no meaning in one that is there. */
const ONLY_OWN_POD = [
  "node",
  "everyNode",
  "imagePullSecret",
  "serviceAccount",
  "toleration",
  "nodeSelector",
  "labels",
  "like",
  "override",
] as const satisfies readonly (keyof PlaceOptions)[];

function refuseContradictions(options: PlaceOptions): void {
  const own = ONLY_OWN_POD.find((key) => options[key] !== undefined);
  if (options.in !== undefined && own !== undefined) {
    throw new UsageError(`--in asks in a Pod that is there: ${PLACE_OPTIONS[own]} is for a Pod of its own`);
  }
  if (options.exec && options.in === undefined)
    throw new UsageError("--exec runs in a Pod: name it with --in pod/NAME");
  if (options.exec && options.image !== undefined) {
    throw new UsageError("--exec runs in the Pod's own container: --image is for --in without it");
  }
  if (options.container !== undefined && !options.exec) throw new UsageError("-c chooses the container of --exec");
  if (options.node !== undefined && options.everyNode)
    throw new UsageError("--node and --every-node exclude each other");
}

function objectName(option: string, text: string): string {
  if (!isDns1123Subdomain(text)) throw new UsageError(`${option} ${text}: that can be no object's name`);
  return text;
}

function imageOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  // distribution/reference has more to say; what has blanks in it or begins with a dash was meant as something else.
  if (!/^[A-Za-z0-9][\w./:@-]*$/.test(text)) throw new UsageError(`--image ${text}: that is no image's name`);
  return text;
}

/** Reads `app=web,tier=db`. */
function labelsOf(option: string, text: string | undefined): Labels {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [key = "", value, ...more] = pair.split("=");
      if (value === undefined || more.length > 0 || !isQualifiedName(key) || !isLabelValue(value)) {
        throw new UsageError(`${option} ${pair}: write KEY=VALUE,KEY=VALUE`);
      }
      return [key, value];
    }),
  );
}

type Toleration = Extract<Place, { kind: "pod" }>["options"]["tolerations"][number];
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** Reads a taint as kubectl writes it: `key`, `key=value`, either with `:Effect` behind; `*` for every taint. */
function tolerationOf(text: string): Toleration {
  const [taint = "", effectText, ...more] = text.split(":");
  const effect = EFFECTS.find((one) => one === effectText);
  const [key = "", value] = taint.split("=");
  const odd = more.length > 0 || (effectText !== undefined && effect === undefined);
  if (odd || (taint !== "*" && !isQualifiedName(key)) || !isLabelValue(value ?? "")) {
    throw new UsageError(`--toleration ${text}: write KEY, KEY=VALUE or KEY=VALUE:EFFECT, or * for every taint`);
  }
  return {
    ...(taint === "*" ? {} : { key }),
    ...(value === undefined ? { operator: "Exists" } : { operator: "Equal", value }),
    ...(effect === undefined ? {} : { effect }),
  };
}

function overrideOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--override is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError('--override must be a JSON object: {"spec":{"hostNetwork":true}}');
  }
  const odd = Object.keys(value).find((key) => !["apiVersion", "kind", "metadata", "spec"].includes(key));
  if (odd !== undefined) throw new UsageError(`--override: a Pod has no ${odd}; write {"metadata":{...},"spec":{...}}`);
  return value as Readonly<Record<string, unknown>>;
}
