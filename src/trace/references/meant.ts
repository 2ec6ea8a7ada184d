import { formOf } from "./host-form.ts";
import type { KnownNames } from "./known-names.ts";
import type { Reference } from "./reference.ts";

/** A reference that can mean nothing but a name of a Service that is there, or one below it. */
export interface MeantReference {
  readonly reference: Reference;
  readonly service: { readonly namespace: string; readonly name: string };
  /** The name in full, absolute: what the client needs answered. */
  readonly full: string;
}

/** Names of variables and flags that hold a host and nothing else: a `service` or a `node` may be any word. */
const HOST_LABEL = /(host|addr|address|url|uri|endpoint|broker|dsn)s?$/i;

/**
 * The Service that a reference surely means, and whose; null where it may mean anything else, or no such Service was read. A
 * word without dots needs a port, a scheme or the label of a host beside it, and so does `web.shop`.
 */
export function meantBy(reference: Reference, names: KnownNames): MeantReference | null {
  const { host, holder, shared, sign, label, isHost } = reference;
  if (shared) return null;
  const domain = names.domain.name;
  const form = formOf(host, domain);
  const own = holder.metadata.namespace;
  // `_mysql._tcp.`: what SRV asks for is answered below the same name.
  const srv = /^(?:_[^.]*\.)+/.exec(host)?.[0] ?? "";
  const means = (namespace: string, name: string, pod: string | null): MeantReference | null => {
    if (names.service(namespace, name) === null) return null;
    const below = pod === null ? "" : `${pod}.`;
    return { reference, service: { namespace, name }, full: `${srv}${below}${name}.${namespace}.svc.${domain}.` };
  };
  switch (form?.form) {
    case "svc":
      return form.domain === "" || form.domain === domain ? means(form.namespace ?? own, form.service, form.pod) : null;
    case "three":
      return means(form.namespace, form.service, form.pod);
    case "two":
      // Nothing else is called by a StatefulSet, its Pod's number and its Service, whatever the variable is called.
      if (isPodOf(names, own, form.first, form.second)) return means(own, form.second, form.first);
      return isHost ? means(form.second, form.first, null) : null;
    case "bare":
      return sign !== null || HOST_LABEL.test(label) ? means(own, form.name, null) : null;
    default:
      return null;
  }
}

/** `web-0.web`: a Pod of a StatefulSet below its Service. */
function isPodOf(names: KnownNames, namespace: string, pod: string, service: string): boolean {
  const set = /^(.+)-[0-9]+$/.exec(pod)?.[1];
  return set !== undefined && names.statefulSet(namespace, set)?.serviceName === service;
}
