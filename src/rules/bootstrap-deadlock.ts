import { type Pod, readyCondition } from "../objects/pod.ts";
import type { Service } from "../objects/service.ts";
import { hasSelector } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { formOf, podParts } from "../trace/references/host-form.ts";
import { OWN_FQDN } from "../trace/references/variables.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { shortened } from "../trace/trouble.ts";
import { byName, count } from "../trace/words.ts";
import { isPublishing } from "./evidence/consequence.ts";
import { currentWorkloads } from "./evidence/current-workloads.ts";
import { type PeerList, peerLists } from "./evidence/quorum.ts";
import { type StartLookup, startLookups } from "./evidence/start-lookups.ts";
import { kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A Pod is in DNS once it is Ready (endpointslice utils.go podToEndpoint). Where it must find itself or its peers there
 * before it can be, all of them wait for ever. Reported are only scripts and software that surely do so.
 */
export const bootstrapDeadlock = defineRule({
  id: "bootstrap-deadlock",
  link: "readiness",
  severity: "error",
  summary: "Pods look up their peers' names before they can be Ready, and the names wait for them to be Ready",
  needs: { workloads: "present", pods: "present" },
  applies: ({ headless, service }) => headless && service !== null && hasSelector(service),
  check(context) {
    const { service, workloads, pods } = context;
    if (service === null) return [];
    const locked = lockable(workloads, pods.selected);
    if (locked === null) return [];
    const { only } = locked;
    const wait = waitOf(context, locked);
    if (wait !== null) return waitFinding(context, service, only, wait, pods);
    const list = quorumOf(context, only);
    return list === null ? [] : quorumFinding(context, service, only, list, pods);
  },
});

/** A workload whose Pods are all that the Service selects, or one of several (`alone`: false), and none of them is Ready. */
interface Lockable {
  readonly only: Workload;
  readonly alone: boolean;
}

function lockable(workloads: Parts["workloads"], selected: readonly Pod[]): Lockable | null {
  // Somebody else's Pods may answer first, and a Ready one shows that nothing is locked.
  const [only, ...others] = currentWorkloads(workloads.selected, workloads);
  if (only === undefined || only.replicas === 0 || only.suspended) return null;
  if (selected.some((pod) => readyCondition(pod)?.status === "True")) return null;
  return { only, alone: others.length === 0 };
}

interface Wait {
  readonly lookup: StartLookup;
  readonly awaited: Awaited;
}

/** The first look-up that waits for what does not exist before the Pods are Ready. */
function waitOf(subject: Subject, { only, alone }: Lockable): Wait | null {
  for (const lookup of startLookups(only)) {
    const awaited = awaitedBy(lookup, only, subject, alone);
    if (awaited !== null) return { lookup, awaited };
  }
  return null;
}

/**
 * The container in which the Pods wait for ever, its name: that it is still at work, or that its probe fails, is what
 * follows. Null where none does.
 */
export function lockedContainer(
  subject: Subject,
  workloads: Parts["workloads"],
  selected: readonly Pod[],
): string | null {
  const locked = subject.headless ? lockable(workloads, selected) : null;
  if (locked === null) return null;
  const wait = waitOf(subject, locked);
  const isLeft = (laterPod: boolean): boolean => laterPod || !isPublishing(subject);
  if (wait !== null) return isLeft(wait.awaited.laterPod) ? wait.lookup.container.name : null;
  const list = quorumOf(subject, locked.only);
  return list !== null && isLeft(isOrdered(locked.only)) ? list.container.name : null;
}

/** The first list of peers that cannot find each other before they are Ready. */
function quorumOf(subject: Subject, workload: Workload): PeerList | null {
  return peerLists(workload).find(({ hosts }) => peersAmong(hosts, workload, subject) > 1) ?? null;
}

function isOrdered({ podManagementPolicy }: Workload): boolean {
  return podManagementPolicy === "OrderedReady";
}

/** A name that is waited for, and whether the Pod that it is of is made before the waiting ones are Ready. */
interface Awaited {
  readonly name: string;
  readonly isOwn: boolean;
  readonly laterPod: boolean;
  /** The name in full, where only a search list makes it of what is written; else null. */
  readonly full: string | null;
}

/** The name among a look-up's hosts that surely does not exist before the Pods are Ready; null where none does. */
function awaitedBy(lookup: StartLookup, workload: Workload, subject: Subject, alone: boolean): Awaited | null {
  for (const host of lookup.hosts) {
    if (host === OWN_FQDN) {
      if (!lookup.asksDns || workload.serviceName !== subject.name) continue;
      return { name: "its own full name", isOwn: true, laterPod: false, full: null };
    }
    const meant = meantBy(host, subject);
    if (meant === null) continue;
    const below = meant.pod === null ? "" : `${meant.pod}.`;
    const full = meant.whole ? null : `${below}${subject.name}.${subject.namespace}.svc.${subject.clusterDomain}`;
    if (meant.pod === null) {
      if (alone) return { name: host, isOwn: false, laterPod: false, full };
      continue;
    }
    const ordinal = ordinalIn(meant.pod, workload, subject.name);
    if (ordinal === null) continue;
    const laterPod = ordinal > workload.ordinalsStart && isOrdered(workload);
    // The Pod's /etc/hosts has its own full name, and programs that do not ask DNS themselves look there first. The first
    // Pod, which waits for a later one, has only its own there.
    if (meant.whole && !lookup.asksDns && !laterPod) continue;
    return { name: host, isOwn: ordinal === workload.ordinalsStart, laterPod, full };
  }
  return null;
}

/** What a host means that lies at or below the Service; null for any other. */
function meantBy(
  host: string,
  { name, namespace, clusterDomain }: Subject,
): { readonly pod: string | null; readonly whole: boolean } | null {
  const form = formOf(host, clusterDomain);
  switch (form?.form) {
    case "bare":
      return form.name === name ? { pod: null, whole: false } : null;
    case "two":
      if (form.second === name) return { pod: form.first, whole: false };
      return form.first === name && form.second === namespace ? { pod: null, whole: false } : null;
    case "three":
      return form.service === name && form.namespace === namespace ? { pod: form.pod, whole: false } : null;
    case "svc":
      if (form.service !== name || form.namespace !== namespace) return null;
      return { pod: form.pod, whole: form.domain === clusterDomain };
    default:
      return null;
  }
}

/** The ordinal of one of the workload's Pods, which have their names below this Service; null for any other label. */
function ordinalIn(label: string, workload: Workload, service: string): number | null {
  const parts = podParts(label);
  if (parts === null || parts.set !== workload.metadata.name || workload.serviceName !== service) return null;
  const at = parts.ordinal - workload.ordinalsStart;
  return at >= 0 && at < (workload.replicas ?? 1) ? parts.ordinal : null;
}

function peersAmong(hosts: readonly string[], workload: Workload, subject: Subject): number {
  const peers = hosts.flatMap((host) => {
    const pod = meantBy(host, subject)?.pod ?? null;
    return pod !== null && ordinalIn(pod, workload, subject.name) !== null ? [pod] : [];
  });
  return new Set(peers).size;
}

function waitFinding(
  subject: Subject,
  service: Service,
  workload: Workload,
  { lookup: { where, written, command }, awaited: { name, isOwn, laterPod, full } }: Wait,
  pods: Parts["pods"],
): readonly RuleFinding[] {
  if (isPublishing(subject) && !laterPod) return [];
  const of = `${workload.kind} ${workload.metadata.name}`;
  const why = laterPod
    ? `That Pod is only made once those before it are Ready (podManagementPolicy: OrderedReady)`
    : `Service ${subject.name} publishes Pods only once they are Ready, so ${isOwn ? "that name" : "the name"} does not exist before one of them is`;
  return [
    findingOf(subject, service, workload, pods, {
      message: `The Pods of ${of} wait for ${name} in ${where} (${command}) before they can be Ready. ${why}: both wait for ever, and the name stays NXDOMAIN.`,
      evidence: `${of}, ${where}: ${written}`,
      laterPod,
      // Seen with 1.35: its name is NXDOMAIN to it after the Service publishes it, as before.
      also:
        command === "nslookup" && full !== null
          ? [note(`BusyBox's nslookup goes by no search list: where it is the one that runs, let it ask for ${full}`)]
          : [],
    }),
  ];
}

function quorumFinding(
  subject: Subject,
  service: Service,
  workload: Workload,
  { software, container, written, probe }: PeerList,
  pods: Parts["pods"],
): readonly RuleFinding[] {
  const ordered = isOrdered(workload);
  if (isPublishing(subject) && !ordered) return [];
  const of = `${workload.kind} ${workload.metadata.name}`;
  const why = ordered
    ? `its first Pod waits for peers that are only made once it is Ready (podManagementPolicy: OrderedReady)`
    : `Service ${subject.name} publishes Pods only once they are Ready, so none finds another's name`;
  return [
    findingOf(subject, service, workload, pods, {
      message: `${of} runs ${software}, which is Ready (${probe}) only once a majority of the peers in its list have found each other by name, and ${why}: all wait for ever, and the names stay NXDOMAIN.`,
      evidence: `${of}, container ${container.name}: ${shortened(written, 100)}`,
      laterPod: ordered,
      also: [],
    }),
  ];
}

function findingOf(
  subject: Subject,
  service: Service,
  workload: Workload,
  pods: Parts["pods"],
  told: {
    readonly message: string;
    readonly evidence: string;
    readonly laterPod: boolean;
    /** Further lines of the remedy. */
    readonly also: readonly string[];
  },
): RuleFinding {
  const { namespace, name, live, now } = subject;
  const publishing = isPublishing(subject);
  const waiting = pods.selected
    .filter((pod) => pod.status !== null)
    .sort((a, b) => byName(a.metadata.name, b.metadata.name));
  const publish = live
    ? kubectlPatch(namespace, "service", name, { spec: { publishNotReadyAddresses: true } })
    : yamlLines({ spec: { publishNotReadyAddresses: true } });
  return {
    object: publishing ? workload : service,
    field: publishing ? ["spec", "podManagementPolicy"] : ["spec", "publishNotReadyAddresses"],
    message: told.message,
    evidence: [
      told.evidence,
      `spec.publishNotReadyAddresses: ${publishing}${workload.podManagementPolicy === null ? "" : `, podManagementPolicy: ${workload.podManagementPolicy}`}`,
      ...(waiting.length > 0 ? [`${count(waiting.length, "Pod")}, none of them Ready`] : []),
      ...provenance(service, now),
    ],
    remedy: [
      ...(publishing
        ? []
        : [publish, note("clients of this Service want one of their own then, which publishes Ready Pods only")]),
      ...(told.laterPod
        ? [
            note(
              `${publishing ? "let" : "and let"} the Pods be made side by side; the field is immutable, so the set is made again:`,
            ),
            note("spec.podManagementPolicy: Parallel"),
          ]
        : []),
      ...told.also,
    ].join("\n"),
  };
}
