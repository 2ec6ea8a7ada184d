import type { Container, Pod } from "../../objects/pod.ts";
import { isDone, type PodGroup } from "../evidence/pod-groups.ts";
import { kubectl, note } from "./kubectl.ts";

/**
 * What to do about Pods in trouble. What only their author can mend (a crash, an image, a request for more memory than
 * any Node has) gets the commands that show the cause, on the group's first Pod; what a command mends gets that.
 */
export function podRemedy(group: PodGroup): string {
  return [...remedyLines(group), ...replacement(group)].join("\n");
}

function remedyLines(podGroup: PodGroup): readonly string[] {
  const { pods, trouble, owner } = podGroup;
  const [pod] = pods;
  const { namespace, name } = pod.metadata;
  const describe = kubectl(namespace, "describe", "pod", name);
  const container = trouble.container?.name ?? "";
  const logs = kubectl(namespace, "logs", name, "-c", container);
  switch (trouble.kind) {
    case "crash":
      return [
        ...(trouble.word === "CrashLoopBackOff" ? [`${logs} --previous`] : [logs]),
        describe,
        ...(trouble.clause.includes("OOMKilled")
          ? [note(`raise the memory limit of container ${container}, or make it use less`)]
          : []),
      ];
    case "image":
      return [
        describe,
        note(
          `give container ${container} an image that exists and that the Node may pull (name, tag, imagePullSecrets):`,
        ),
        note(kubectl(namespace, "set", "image", target(group(pod, owner)), `${container}=IMAGE`)),
      ];
    case "container-config":
      return [describe, ...containerConfig(namespace, container, trouble.clause)];
    case "completed":
    case "failed":
      return finished(podGroup, describe);
    case "init-running":
      return [logs, note("mend what it waits for")];
    case "creating":
      return [
        describe,
        kubectl(
          namespace,
          "get",
          /configmap|secret/i.test(trouble.clause) ? "configmaps,secrets" : "persistentvolumeclaims",
        ),
      ];
    case "unschedulable":
      return [describe, ...scheduling(namespace, trouble.evidence.join(" "))];
    case "scheduling-gated":
      return [kubectl(namespace, "get", "pod", name, "-o", "jsonpath={.spec.schedulingGates}")];
    case "unscheduled":
      return [
        kubectl(namespace, "get", "pod", name, "-o", "jsonpath={.spec.schedulerName}"),
        note("is a scheduler of this name running?"),
        kubectl("kube-system", "get", "pods", "-l", "component=kube-scheduler"),
      ];
    case "no-address":
      return [describe, note(`look at the network plugin's Pod on Node ${pod.spec.nodeName}`)];
    case "node":
      return nodeGone(pod, trouble.word === "NodeMissing");
    case "startup-probe":
    case "readiness-probe":
      return [describe, logs, ...askProbe(pod, container, trouble.kind)];
    case "readiness-gate":
      return [
        kubectl(namespace, "get", "pod", name, "-o", "jsonpath={.status.conditions}"),
        note("whoever the gate is named after sets that condition: look at its controller's log"),
      ];
    case "not-ready":
    case "leaving":
    case "finalizers":
    case "overdue":
      return [describe, ...(container === "" ? [] : [logs])];
  }
}

function group(pod: Pod, owner: PodGroup["owner"]): { readonly kind: string; readonly name: string } {
  return owner === null ? { kind: "Pod", name: pod.metadata.name } : owner.ref;
}

/** `statefulset/web`, as kubectl names objects. */
function target({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** A Pod that has ended does not start again: its controller makes another once it is gone, a bare one must be made again. */
function finished(podGroup: PodGroup, describe: string): readonly string[] {
  const {
    pods: [pod],
    owner,
  } = podGroup;
  const { namespace, name } = pod.metadata;
  if (owner?.ref.kind === "Job" || owner?.ref.kind === "CronJob") {
    return [
      kubectl(namespace, "logs", name, "--all-containers"),
      describe,
      note("a Job's Pods are not started again: make the Job again, or let the Service select Pods that go on running"),
    ];
  }
  if (owner !== null && isDone(podGroup)) {
    return [note(`${owner.ref.kind} ${owner.ref.name} has run: the name comes back with its next run`)];
  }
  if (owner !== null) return [describe, kubectl(namespace, "delete", "pod", name)];
  return [
    kubectl(namespace, "logs", name, "--all-containers"),
    describe,
    note("nobody makes this Pod again: delete it and apply its manifest, better as a StatefulSet or Deployment"),
  ];
}

/** By the kubelet's words (kubelet kubelet_pods.go makeEnvironmentVariables, kuberuntime security_context.go). */
function containerConfig(namespace: string, container: string, clause: string): readonly string[] {
  if (/configmap|secret/i.test(clause)) {
    return [kubectl(namespace, "get", "configmaps,secrets"), note("make what is missing, or mend its name")];
  }
  if (/runAsNonRoot|non-root/.test(clause)) {
    return [
      note(
        `give container ${container} a user other than root: securityContext.runAsUser with a number, or an image whose USER is one`,
      ),
    ];
  }
  return [];
}

function scheduling(namespace: string, words: string): readonly string[] {
  return [
    ...(/PersistentVolumeClaim|volume/i.test(words) ? [kubectl(namespace, "get", "persistentvolumeclaims")] : []),
    ...(/unbound/.test(words)
      ? [
          kubectl("", "get", "storageclasses,persistentvolumes"),
          note(
            "a claim is bound by its StorageClass (the default one where it names none) or by a volume that fits it",
          ),
        ]
      : []),
    ...(/selector|affinity|taint/i.test(words) ? [kubectl("", "get", "nodes", "--show-labels")] : []),
    ...(/unschedulable/i.test(words) ? [kubectl("", "get", "nodes"), note("kubectl uncordon NODE")] : []),
    ...(/insufficient/i.test(words)
      ? [kubectl("", "describe", "nodes"), note("ask for less (resources.requests), or add Nodes")]
      : []),
  ];
}

/** A Pod on a Node that is gone is only deleted by force: no kubelet confirms. */
export function nodeGone(pod: Pod, missing: boolean): readonly string[] {
  const { namespace, name } = pod.metadata;
  const force = kubectl(namespace, "delete", "pod", name, "--grace-period=0", "--force");
  if (missing) return [force];
  return [
    kubectl("", "describe", "node", pod.spec.nodeName),
    note("only where that Node is surely off, because its containers may still run there:"),
    note(force),
  ];
}

/** Asks what the probe asks, from where it is asked: in the container, or through the API server. */
function askProbe(pod: Pod, container: string, kind: "startup-probe" | "readiness-probe"): readonly string[] {
  const { namespace, name } = pod.metadata;
  const spec = [...pod.spec.containers, ...pod.spec.initContainers].find((one) => one.name === container);
  const probe = kind === "startup-probe" ? spec?.startupProbe : spec?.readinessProbe;
  if (spec === undefined || probe === undefined || probe === null) return [];
  // A script of several lines does not survive as one shell word.
  if (probe.command?.some((word) => word.includes("\n"))) return [];
  if (probe.command !== null) return [kubectl(namespace, "exec", name, "-c", container, "--", ...probe.command)];
  const port = portNumber(spec, probe.port);
  const path = /^GET :[^/]*(\/.*)$/.exec(probe.how)?.[1];
  if (port === null || path === undefined) return [];
  return [kubectl("", "get", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy${path}`)];
}

function portNumber(spec: Container, port: number | string | null): number | null {
  if (port === null || typeof port === "number") return port;
  return spec.ports.find((one) => one.name === port)?.containerPort ?? null;
}

/**
 * A StatefulSet that makes its Pods in order waits for a Pod that never becomes Ready, even after its template was
 * mended; a Deployment has a way back.
 */
function replacement({ pods, trouble, owner }: PodGroup): readonly string[] {
  // The Pod that is there goes on as soon as its claims are bound, or its Node takes Pods again.
  if (trouble.kind === "unschedulable" && isOfSurroundings(trouble.evidence.join(" "))) return [];
  const byTemplate = ["crash", "image", "container-config", "unschedulable", "startup-probe", "readiness-probe"];
  if (owner === null || !byTemplate.includes(trouble.kind)) return [];
  const [{ metadata }] = pods;
  if (owner.ref.kind === "StatefulSet") {
    return [
      note(`after mending the template: a StatefulSet waits for a Pod that never was Ready, so delete it:`),
      note(kubectl(metadata.namespace, "delete", "pod", metadata.name)),
    ];
  }
  if (owner.ref.kind !== "Deployment") return [];
  return [
    note("or go back to the template before, where there was a good one:"),
    note(kubectl(metadata.namespace, "rollout", "undo", target(owner.ref))),
  ];
}

/** Whether the scheduler complains of nothing that a template could change. */
function isOfSurroundings(words: string): boolean {
  return /unbound|were unschedulable/.test(words) && !/selector|affinity|taint|insufficient/i.test(words);
}
