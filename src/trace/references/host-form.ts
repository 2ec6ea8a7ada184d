/** What a host's labels say in the order that Kubernetes gives them, as it is written. */
export type HostForm =
  /** `web` */
  | { readonly form: "bare"; readonly name: string }
  /** `web.shop`, `web-0.web`: which one, only the names that there are can tell. */
  | { readonly form: "two"; readonly first: string; readonly second: string }
  /** `web-0.web.shop` */
  | { readonly form: "three"; readonly pod: string; readonly service: string; readonly namespace: string }
  /** `[POD.]SERVICE[.NAMESPACE].svc[.DOMAIN]` */
  | {
      readonly form: "svc";
      readonly pod: string | null;
      readonly service: string;
      readonly namespace: string | null;
      /** "" where the name ends with `svc`. */
      readonly domain: string;
    }
  /** `SERVICE.NAMESPACE.DOMAIN`, with the cluster's domain and without `svc`. */
  | {
      readonly form: "without-svc";
      readonly pod: string | null;
      readonly service: string;
      readonly namespace: string;
    };

/** null for a host that is no name of a Service or Pod in any form. SRV names speak of their Service. */
export function formOf(host: string, clusterDomain: string): HostForm | null {
  const labels = host.split(".");
  while (labels[0]?.startsWith("_")) labels.shift();
  if (labels.some((label) => label.includes("_"))) return null;
  const svc = labels.indexOf("svc");
  if (svc === 0) return null;
  if (svc > 0) return belowSvc(labels.slice(0, svc), labels.slice(svc + 1).join("."));
  if (host.endsWith(`.${clusterDomain}`)) {
    const [last, before, pod, ...rest] = labels.slice(0, -clusterDomain.split(".").length).reverse();
    if (last === undefined || before === undefined || rest.length > 0 || last === "pod") return null;
    return { form: "without-svc", pod: pod ?? null, service: before, namespace: last };
  }
  const [first, second, third, ...more] = labels;
  if (first === undefined || more.length > 0) return null;
  if (second === undefined) return { form: "bare", name: first };
  return third === undefined
    ? { form: "two", first, second }
    : { form: "three", pod: first, service: second, namespace: third };
}

function belowSvc(before: readonly string[], domain: string): HostForm | null {
  const [first = "", second, third, ...more] = before;
  if (more.length > 0) return null;
  if (second === undefined) return { form: "svc", pod: null, service: first, namespace: null, domain };
  return third === undefined
    ? { form: "svc", pod: null, service: first, namespace: second, domain }
    : { form: "svc", pod: first, service: second, namespace: third, domain };
}

/** `web-0`: the StatefulSet's name and the ordinal; null for any other label. */
export function podParts(label: string): { readonly set: string; readonly ordinal: number } | null {
  const parts = /^(.+)-(0|[1-9][0-9]{0,5})$/.exec(label);
  return parts === null ? null : { set: parts[1] ?? "", ordinal: Number(parts[2]) };
}
