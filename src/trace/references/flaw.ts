import { selects } from "../../kubernetes/label-selector.ts";
import { ordinalsOf } from "../../kubernetes/stateful-set.ts";
import { isHeadless, type Service } from "../../objects/service.ts";
import type { Workload } from "../../objects/workload.ts";
import { byName, listed } from "../words.ts";
import { formOf, podParts } from "./host-form.ts";
import type { KnownNames } from "./known-names.ts";
import { isOneLetterApart } from "./misspelling.ts";
import type { Reference } from "./reference.ts";
import { podSpecOf } from "./texts.ts";

/** Why a name that is surely meant for this cluster does not exist. */
export interface Flaw {
  readonly kind: "ordinal" | "pod" | "service" | "namespace" | "domain" | "short" | "subdomain";
  /** A clause that says it: the same for all names that have the same flaw. */
  readonly why: string;
  /** The nearest right name, in the form of the one that is written. */
  readonly right: string;
  /** The Service that the right name lies at or below. */
  readonly service: { readonly namespace: string; readonly name: string };
  /**
   * For an ordinal the StatefulSet that has fewer Pods; for a Service the one whose serviceName is wrong, not the name; for a
   * subdomain the Job whose Pods lack it.
   */
  readonly set: Workload | null;
}

/**
 * What is wrong with a reference; null where it is right, or where it is not sure that it is wrong: the name may belong to
 * another cluster, another namespace or nobody's DNS at all. Sure is a name of which so much fits what there is that
 * nothing else can be meant, and that cluster DNS answers NXDOMAIN.
 */
export function flawOf(reference: Reference, names: KnownNames): Flaw | null {
  const form = formOf(reference.host, names.domain.name);
  if (form === null) return null;
  const own = reference.holder.metadata.namespace;
  switch (form.form) {
    case "bare":
      return usesSearchList(reference) ? ofBare(reference, form.name, own, names) : null;
    case "two":
      return usesSearchList(reference) ? ofTwo(reference, form.first, form.second, own, names) : null;
    case "three":
      // Three labels may be any host of the Internet: `web-0.example.com`.
      if (form.namespace !== own || !usesSearchList(reference)) return null;
      return ofPod(reference, { ...form, own }, names);
    case "svc":
      return ofFull(reference, form, own, names);
    case "without-svc":
      return ofMissingSvc(reference, form, names);
  }
}

/** Relative names mean what the search list of ClusterFirst makes of them. */
function usesSearchList({ holder, absolute }: Reference): boolean {
  const { dnsPolicy, hostNetwork, dnsConfig } = podSpecOf(holder);
  return !absolute && dnsPolicy.startsWith("ClusterFirst") && !hostNetwork && (dnsConfig?.searches.length ?? 0) === 0;
}

interface Named {
  readonly pod: string;
  readonly service: string;
  readonly namespace: string;
  /** The namespace of who asks. */
  readonly own: string;
}

function fullName({ namespace, service, pod }: Omit<Named, "own">, { domain }: KnownNames): string {
  return `${pod}.${service}.${namespace}.svc.${domain.name}.`;
}

/** A Pod's name below a Service, in a form that can mean nothing else. */
function ofPod({ host }: Reference, named: Named, names: KnownNames): Flaw | null {
  const { pod, service, namespace, own } = named;
  const parts = podParts(pod);
  if (parts === null) return null;
  if (!names.isWhole(namespace)) return ofUnreadNamespace(host, named, parts, names);
  if (!names.isMissing(fullName(named, names))) return null;
  const set = names.statefulSet(namespace, parts.set);
  if (set !== null) {
    return set.serviceName === service
      ? ordinalFlaw(host, pod, set, parts.ordinal, names)
      : belowAnother(host, set, service, names);
  }
  const job = names.indexedJob(namespace, parts.set);
  if (job !== null) return withoutSubdomain(host, job, named, names);
  if (names.service(namespace, service) !== null) return noSuchPod(host, named, parts, names);
  const here = names.statefulSet(own, parts.set);
  return here === null || namespace === own ? null : elsewhere(host, named, here, names);
}

/**
 * An Indexed Job gives its Pods a hostname and nothing else (pkg/controller/job manageJob): without the subdomain no Service
 * has names for them.
 */
function withoutSubdomain(host: string, job: Workload, { service, namespace }: Named, names: KnownNames): Flaw | null {
  const { subdomain } = job.template.spec;
  const found = names.service(namespace, service);
  if (found === null || !isHeadless(found) || subdomain === service) return null;
  return {
    kind: "subdomain",
    why: `the Pods of Job ${job.metadata.name} have ${subdomain === "" ? "hostnames and no subdomain" : `subdomain: ${subdomain}`}, so they have no names below Service ${service}`,
    right: host,
    service: { namespace, name: service },
    set: job,
  };
}

/** The set lies in the namespace of who asks, and the name says another one, which cannot be. */
function elsewhere(host: string, { service, namespace, own }: Named, set: Workload, names: KnownNames): Flaw | null {
  if (set.serviceName !== service || names.service(own, service) === null) return null;
  // A manifest without a namespace lands wherever it is applied to.
  if (!names.live && own === names.defaultNamespace) return null;
  return {
    kind: "namespace",
    why: `StatefulSet ${set.metadata.name} and Service ${service} lie in namespace ${own}, and ${namespace} has neither`,
    right: host.replace(`.${service}.${namespace}`, `.${service}.${own}`),
    service: { namespace: own, name: service },
    set: null,
  };
}

function ofUnreadNamespace(
  host: string,
  named: Named,
  parts: { readonly set: string },
  names: KnownNames,
): Flaw | null {
  const { namespace, own } = named;
  const set = names.statefulSet(own, parts.set);
  const slip = isOneLetterApart(namespace, own) && own.length >= 5 && !/\d/.test(namespace + own);
  if (set === null || names.isNamespace(namespace)) return null;
  return names.lacksNamespace(namespace) || slip ? elsewhere(host, named, set, names) : null;
}

function ordinalFlaw(host: string, pod: string, set: Workload, ordinal: number, names: KnownNames): Flaw | null {
  const { namespace, name } = set.metadata;
  const { replicas, ordinalsStart: start, serviceName } = set;
  const last = start + (replicas ?? 1) - 1;
  if (serviceName === null || replicas === 0 || (ordinal >= start && ordinal <= last)) return null;
  if (ordinal > last && !names.hasFixedReplicas(set)) return null;
  const nearest = `${name}-${ordinal < start ? start : last}`;
  const pods =
    replicas === 1
      ? `its only Pod is ${name}-${start}`
      : `its Pods are ${name}-${start} ${replicas === 2 ? "and" : "to"} ${name}-${last}`;
  const from = start === 0 ? "" : ` and ordinals.start: ${start}`;
  return {
    kind: "ordinal",
    why: `StatefulSet ${name} has replicas: ${replicas}${from}, so ${pods}`,
    right: host.replace(pod, nearest),
    service: { namespace, name: serviceName },
    set,
  };
}

/** A set's Pods have names below its serviceName and no other Service. */
function belowAnother(host: string, set: Workload, service: string, names: KnownNames): Flaw | null {
  const { namespace, name } = set.metadata;
  const governing = set.serviceName ?? "";
  // Without the governing Service itself none of the names exist: stateful-set-service-missing.
  if (governing === "" || names.service(namespace, governing) === null) return null;
  const written = names.service(namespace, service);
  const exists = written !== null;
  return {
    kind: "service",
    why: `the Pods of StatefulSet ${name} have their names below Service ${governing} (spec.serviceName)${exists ? ` and not below Service ${service}` : `, and there is no Service ${service} in namespace ${namespace}`}`,
    right: host.replace(`.${service}`, `.${governing}`),
    service: { namespace, name: governing },
    set: written !== null && isMeantToGovern(written, set, names.service(namespace, governing)) ? set : null,
  };
}

/** The peers' Service beside the clients', which the set names by mistake: cluster-ip-not-none. */
function isMeantToGovern(written: Service, { template }: Workload, governing: Service | null): boolean {
  if (governing === null || isHeadless(governing)) return false;
  return isHeadless(written) && selects(written, template.labels);
}

/** Below a Service whose StatefulSets are all known, a Pod of another name. */
function noSuchPod(
  host: string,
  { pod, service, namespace }: Named,
  { ordinal }: { readonly ordinal: number },
  names: KnownNames,
): Flaw | null {
  const found = names.service(namespace, service);
  const sets = names.governed(namespace, service).toSorted((a, b) => byName(a.metadata.name, b.metadata.name));
  const [first] = sets;
  if (found === null || !isHeadless(found) || first === undefined) return null;
  const run = ordinalsOf(first, 1000);
  const nearest = run.includes(ordinal) ? ordinal : (run[0] ?? 0);
  return {
    kind: "pod",
    why: `below Service ${service} are the Pods of ${listed(sets.map((set) => `StatefulSet ${set.metadata.name}`))} only`,
    right: host.replace(pod, `${first.metadata.name}-${nearest}`),
    service: { namespace, name: service },
    set: null,
  };
}

type Full = Extract<ReturnType<typeof formOf>, { readonly form: "svc" }>;

function ofFull(reference: Reference, form: Full, own: string, names: KnownNames): Flaw | null {
  const { pod, service, namespace, domain } = form;
  if (namespace === null) return ofMissingNamespace(reference, form, own, names);
  if (domain !== "" && domain !== names.domain.name) return ofDomain(reference, form, namespace, names);
  if (domain === "" && !usesSearchList(reference)) return null;
  if (pod !== null) return ofPod(reference, { pod, service, namespace, own }, names);
  return (
    ofNoNamespace(reference.host, service, namespace, own, names) ??
    ofService(reference.host, service, namespace, names)
  );
}

/** The Service lies beside who asks, and the namespace that the name says does not exist. */
function ofNoNamespace(host: string, service: string, namespace: string, own: string, names: KnownNames): Flaw | null {
  if (!names.lacksNamespace(namespace) || names.service(own, service) === null) return null;
  return {
    kind: "namespace",
    why: `there is no namespace ${namespace}, and Service ${service} lies in namespace ${own}`,
    right: host.replace(`${service}.${namespace}`, `${service}.${own}`),
    service: { namespace: own, name: service },
    set: null,
  };
}

function ofService(host: string, service: string, namespace: string, names: KnownNames): Flaw | null {
  if (names.service(namespace, service) !== null || !names.isWhole(namespace)) return null;
  const meant = names.serviceSpellings(namespace).meant(service);
  if (meant === null || !names.isMissing(`${service}.${namespace}.svc.${names.domain.name}.`)) return null;
  return {
    kind: "service",
    why: `namespace ${namespace} has a Service ${meant} and no Service ${service}${meant.startsWith(service) ? ": the name was cut" : ""}`,
    right: host.replace(service, meant),
    service: { namespace, name: meant },
    set: null,
  };
}

/** `web.svc.cluster.local`: where a namespace is called `web`, too, it is the search domain of that namespace. */
function ofMissingNamespace(
  { host, sign }: Reference,
  { pod, service }: Full,
  own: string,
  names: KnownNames,
): Flaw | null {
  const strong = sign === "scheme" || sign === "port";
  if (!strong || pod !== null || service === own || names.isNamespace(service)) return null;
  if (names.service(own, service) === null) return null;
  return {
    kind: "namespace",
    why: `before svc stand the Service and its namespace, and ${host} names no namespace`,
    right: host.replace(`${service}.svc`, `${service}.${own}.svc`),
    service: { namespace: own, name: service },
    set: null,
  };
}

/** Another domain may be that of another cluster: sure is only a slip of the hand, or the default where this is not it. */
function ofDomain({ host }: Reference, { service, domain }: Full, namespace: string, names: KnownNames): Flaw | null {
  const { name, source } = names.domain;
  if (names.service(namespace, service) === null) return null;
  const slip =
    isOneLetterApart(domain, name) ||
    (name === "cluster.local" && /^(cluster|local|cluster\.(com|loc|lcl))$/.test(domain));
  const byDefault = domain === "cluster.local" && source !== "assumed" && names.isMissing(`${host}.`);
  if (!slip && !byDefault) return null;
  return {
    kind: "domain",
    why: `the cluster's domain is ${name}, and not ${domain}`,
    right: `${host.slice(0, -domain.length)}${name}`,
    service: { namespace, name: service },
    set: null,
  };
}

type WithoutSvc = Extract<ReturnType<typeof formOf>, { readonly form: "without-svc" }>;

function ofMissingSvc({ host }: Reference, { service, namespace }: WithoutSvc, names: KnownNames): Flaw | null {
  if (names.service(namespace, service) === null || !names.isMissing(`${host}.`)) return null;
  const { name } = names.domain;
  return {
    kind: "domain",
    why: `names of Services lie below svc.${name}, and not below ${name} itself`,
    right: host.replace(`.${namespace}.${name}`, `.${namespace}.svc.${name}`),
    service: { namespace, name: service },
    set: null,
  };
}

function ofBare(reference: Reference, name: string, own: string, names: KnownNames): Flaw | null {
  const { sign, isHost } = reference;
  if (names.service(own, name) !== null || !names.isWhole(own)) return null;
  const parts = podParts(name);
  const set = parts === null ? null : names.statefulSet(own, parts.set);
  if (set !== null) {
    const isNamed = (sign === "port" || sign === "scheme") && !namesItself(reference, name, set);
    return isNamed ? tooShort(name, set, names) : null;
  }
  return isHost && parts === null ? ofService(name, name, own, names) : null;
}

/** The Pod's own name, which its /etc/hosts has: by `$(hostname)` or a variable, or as the only one of its set. */
function namesItself({ holder, shared, written }: Reference, pod: string, set: Workload): boolean {
  if (holder.kind !== set.kind || holder.metadata.name !== set.metadata.name || shared) return false;
  const text = written.toLowerCase();
  return (set.replicas ?? 1) === 1 || !(text.includes(`${pod}:`) || text.includes(`//${pod}`));
}

/** A Pod's name alone is in no zone: only the Pod itself finds it, in its /etc/hosts. */
function tooShort(pod: string, set: Workload, names: KnownNames): Flaw | null {
  const { namespace, name } = set.metadata;
  const service = set.serviceName ?? "";
  if (names.service(namespace, service) === null) return null;
  if (!names.isMissing(`${pod}.${namespace}.svc.${names.domain.name}.`)) return null;
  return {
    kind: "short",
    why: `the Pods of StatefulSet ${name} have names below Service ${service} only: a Pod's name alone is known to nobody but the Pod itself`,
    right: `${pod}.${service}`,
    service: { namespace, name: service },
    set: null,
  };
}

/** `web-0.web` or `web.shop`: the second label tells, by what there is of that name. */
function ofTwo(reference: Reference, first: string, second: string, own: string, names: KnownNames): Flaw | null {
  if (names.service(second, first) !== null || !names.isWhole(own)) return null;
  const parts = podParts(first);
  if (parts === null) return reference.isHost && second === own ? ofService(reference.host, first, own, names) : null;
  // A Service `web-0` of a namespace `web` would be meant.
  if (names.isNamespace(second) && names.service(own, second) === null) return null;
  const named: Named = { pod: first, service: second, namespace: own, own };
  if (names.service(own, second) !== null) return ofPod(reference, named, names);
  const set = names.statefulSet(own, parts.set);
  const meant = set === null ? null : names.serviceSpellings(own).meant(second);
  return meant !== null && meant === set?.serviceName ? ofPod(reference, named, names) : null;
}
