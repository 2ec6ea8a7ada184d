import { isStandIn } from "../kubernetes/workload-pods.ts";
import { type KubernetesObject, refOf } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { byName } from "../trace/words.ts";
import { templatePath } from "./evidence/template-path.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** RFC 1035 section 2.3.4; a name is 255 bytes on the wire, 253 characters as it is written. */
const MOST_LABEL = 63;
const MOST_NAME = 253;
/**
 * The label controller-revision-hash is the StatefulSet's name, a hyphen and a hash of up to 10 digits
 * (pkg/controller/history ControllerRevisionName), and a label's value has at most 63 characters.
 */
const MOST_STATEFUL_SET = MOST_LABEL - 11;
/** Linux's limit for a hostname (kubelet pkg/kubelet/util truncatePodHostname and GeneratePodHostNameAndDomain). */
const MOST_FQDN = 64;
/** What a Deployment's ReplicaSet and Pod add at least to its name: `-` and 8 characters of hash, `-` and 5 of chance. */
const DEPLOYMENT_POD_SUFFIX = 15;

/** Names that DNS, labels or the kernel cannot hold: the object is refused, or its Pods never start. */
export const dnsNameTooLong = defineRule({
  id: "dns-name-too-long",
  link: "service",
  severity: "error",
  summary: "a name that is too long for a DNS label, a DNS name, a StatefulSet or a hostname",
  needs: { workloads: "optional", pods: "optional" },
  check({ namespace, name, service, workloads, pods, clusterDomain, live }) {
    const domain = `${namespace}.svc.${clusterDomain}`;
    const sets = workloads.status === "unavailable" ? [] : workloads.value.governed;
    const withSubdomain = pods.status === "unavailable" ? [] : pods.value.withSubdomain;
    return [
      ...(service === null ? [] : serviceName(service, name)),
      ...sets.flatMap((set) =>
        statefulSetName(set, () => (pods.status === "unavailable" ? [] : pods.value.madeBy(refOf(set)))),
      ),
      ...perOwner(
        // Hardly any is, and nobody needs to know who owns the others.
        withSubdomain.filter((pod) => isTooLong(pod, `${name}.${domain}`)),
        workloads.status === "unavailable" ? () => null : (pod) => workloads.value.ownerOf(pod)?.workload ?? null,
      ).flatMap(([owner, pod]) => podName(owner, pod, `${name}.${domain}`, live)),
    ];
  },
});

function serviceName(service: KubernetesObject, name: string): readonly RuleFinding[] {
  if (name.length <= MOST_LABEL) return [];
  return [
    {
      object: service,
      field: ["metadata", "name"],
      message: `Service name ${name} has ${name.length} characters, and a DNS label has at most ${MOST_LABEL}: the API server rejects it, so none of its names exist.`,
      evidence: [`${name.length} characters, at most ${MOST_LABEL}`],
      remedy: note(
        `name it with at most ${MOST_LABEL} characters, and change what refers to it (serviceName, subdomain, clients)`,
      ),
    },
  ];
}

/** Silent where Pods exist: then its hash happened to be short enough. */
function statefulSetName(set: Workload, made: () => readonly Pod[]): readonly RuleFinding[] {
  const { name } = set.metadata;
  if (name.length <= MOST_STATEFUL_SET || made().some((pod) => pod.status !== null)) return [];
  return [
    {
      object: set,
      field: ["metadata", "name"],
      message: `StatefulSet name ${name} has ${name.length} characters. Its Pods carry it with a hash of up to 10 digits as the label controller-revision-hash, which has at most ${MOST_LABEL}: Pods of StatefulSets with more than ${MOST_STATEFUL_SET} characters are refused, so none is made and none has a name.`,
      evidence: [`${name.length} characters, at most ${MOST_STATEFUL_SET}`],
      remedy: note(
        set.status === null
          ? `name it with at most ${MOST_STATEFUL_SET} characters (in a chart: fullnameOverride)`
          : `make it again under a name of at most ${MOST_STATEFUL_SET} characters: names cannot be changed`,
      ),
    },
  ];
}

/** Whether this rule tells why a StatefulSet, governed by the Service, has no Pods. */
export function isTooLongForPods({ metadata, serviceName }: Workload, service: string): boolean {
  return serviceName === service && metadata.name.length > MOST_STATEFUL_SET;
}

/** Whether this rule tells why a Pod below the Service (`web.shop.svc.cluster.local`) is never started. */
export function isTooLongToStart(pod: Pod, below: string): boolean {
  const { setHostnameAsFQDN, subdomain } = pod.spec;
  const full = hostnameLength(pod) + 1 + below.length;
  return setHostnameAsFQDN && subdomain === below.slice(0, below.indexOf(".")) && full > MOST_FQDN;
}

/** The first Pod with the longest hostname of each owner: what is too long in one is in all. */
function perOwner(
  pods: readonly Pod[],
  ownerOf: (pod: Pod) => Workload | null,
): readonly (readonly [Workload | Pod, Pod])[] {
  const longest = new Map<Workload | Pod, Pod>();
  for (const pod of pods.toSorted((a, b) => byName(a.metadata.name, b.metadata.name))) {
    const owner = ownerOf(pod) ?? pod;
    const known = longest.get(owner);
    if (known === undefined || hostnameLength(pod) > hostnameLength(known)) longest.set(owner, pod);
  }
  return [...longest];
}

/** Of the hostname that the kubelet gives the Pod: its own, else the Pod's name, cut at 63; of a derived Pod at least. */
function hostnameLength({ metadata, spec, derivedFrom }: Pod): number {
  if (spec.hostname !== "" && !isStandIn(spec.hostname)) return spec.hostname.length;
  const known = !isStandIn(metadata.name);
  return Math.min(
    known ? metadata.name.length : (derivedFrom?.name.length ?? 0) + shortestSuffix(derivedFrom?.kind),
    MOST_LABEL,
  );
}

function shortestSuffix(kind: string | undefined): number {
  return kind === "Deployment" ? DEPLOYMENT_POD_SUFFIX : 6;
}

function isTooLong(pod: Pod, below: string): boolean {
  const { hostname, setHostnameAsFQDN } = pod.spec;
  const full = hostnameLength(pod) + 1 + below.length;
  return hostname.length > MOST_LABEL || full > (setHostnameAsFQDN ? MOST_FQDN : MOST_NAME);
}

/** What is too long of a Pod's name that isTooLong. */
function podName(owner: Workload | Pod, pod: Pod, below: string, live: boolean): readonly RuleFinding[] {
  const { hostname, setHostnameAsFQDN } = pod.spec;
  const object = `${owner.kind} ${owner.metadata.name}`;
  const full = hostnameLength(pod) + 1 + below.length;
  const shown = `${hostname !== "" ? hostname : pod.metadata.name}.${below}`;
  const rename = note("shorten the name of the workload, the Service or the namespace");
  if (hostname.length > MOST_LABEL) {
    // Of a StatefulSet that long the name itself is told. Of an Indexed Job the server works the last hostname out (ValidateJob).
    if (owner.kind === "StatefulSet") return [];
    return [
      {
        object: owner,
        field: hostnameField(owner),
        message: `${object} gives its Pods hostnames of ${hostname.length} characters (${hostname}), and a DNS label has at most ${MOST_LABEL}: the API server rejects it, so none of their names exist.`,
        evidence: [`${hostname}: ${hostname.length} characters, at most ${MOST_LABEL}`],
        remedy: rename,
      },
    ];
  }
  if (full > MOST_NAME) {
    return [
      {
        object: owner,
        field: hostnameField(owner),
        message: `The DNS name of the Pods of ${object} has ${full} characters (${shown}), and a DNS name has at most ${MOST_NAME}: it cannot be asked for.`,
        evidence: [`${full} characters, at most ${MOST_NAME}`],
        remedy: rename,
      },
    ];
  }
  if (setHostnameAsFQDN && full > MOST_FQDN) {
    return [
      {
        object: owner,
        field:
          owner.kind === "Pod" ? ["spec", "setHostnameAsFQDN"] : [...templatePath(owner), "spec", "setHostnameAsFQDN"],
        message: `${object} sets setHostnameAsFQDN, and the full name of its Pods has ${owner.kind === "Pod" || hostname !== "" ? "" : "at least "}${full} characters (${shown}): Linux takes hostnames of at most ${MOST_FQDN}, so the kubelet never starts them.`,
        evidence: [`${full} characters, at most ${MOST_FQDN}`],
        remedy: (live ? plainHostname(owner, pod, rename) : [note("remove setHostnameAsFQDN, or:"), rename]).join("\n"),
      },
    ];
  }
  return [];
}

/** A running workload's template can do without; its names can't be changed. */
function plainHostname(owner: Workload | Pod, pod: Pod, rename: string): readonly string[] {
  if (owner.kind === "Pod" || owner.kind === "Job") {
    return [note("remove setHostnameAsFQDN, or:"), rename];
  }
  const { namespace, name } = owner.metadata;
  const patch = templatePath(owner)
    .toReversed()
    .reduce<object>((inner, key) => ({ [key]: inner }), { spec: { setHostnameAsFQDN: null } });
  return [
    kubectlPatch(namespace, owner.kind.toLowerCase(), name, patch),
    ...(owner.kind === "StatefulSet"
      ? [
          note("a StatefulSet waits for a Pod that never was Ready, so delete it:"),
          kubectl(namespace, "delete", "pod", pod.metadata.name),
        ]
      : []),
  ];
}

/** Where the hostname comes from: a StatefulSet's own name, else the template's field. */
function hostnameField(owner: Workload | Pod): FieldPath {
  if (owner.kind === "Pod") return ["spec", "hostname"];
  return owner.kind === "StatefulSet" || owner.indexed
    ? ["metadata", "name"]
    : [...templatePath(owner), "spec", "hostname"];
}
