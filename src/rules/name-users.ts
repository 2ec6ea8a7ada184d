import type { Container } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";

/** Names of variables and flags that hold a host. */
const HOST_WORD = /(host|addr|address|server|service|url|uri|endpoint|broker|seed|node|dsn|upstream)s?$/i;

/**
 * Where a workload's containers ask for a Service by its own name (not for one Pod of it), as they write it: from
 * variables, command and arguments. A bare word counts only where a port, a scheme or the variable's name shows that it
 * is a host: `web` is a word like any other.
 */
export function mentionsOf(
  { template, metadata }: Workload,
  service: { readonly namespace: string; readonly name: string },
  clusterDomain: string,
): readonly string[] {
  const { namespace, name } = service;
  const long = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.${clusterDomain}`];
  const isService = (text: string, bare: boolean): boolean =>
    hostsIn(text).some(({ host, plain }) => {
      if (long.includes(host)) return true;
      return host === name && metadata.namespace === namespace && (!plain || bare);
    });
  return [...template.spec.containers, ...template.spec.initContainers].flatMap((container) =>
    textsOf(container).flatMap(({ label, text }) =>
      isService(text, HOST_WORD.test(label)) ? [`${label}=${text}`] : [],
    ),
  );
}

function textsOf({ env, command, args }: Container): readonly { readonly label: string; readonly text: string }[] {
  return [
    ...env.flatMap(({ name, value }) => (value === null ? [] : [{ label: name, text: value }])),
    ...[...command, ...args].map((word) => {
      const flag = /^(--?[A-Za-z][A-Za-z0-9_.-]*)=(.*)$/s.exec(word);
      return flag === null ? { label: "argument", text: word } : { label: flag[1] ?? "", text: flag[2] ?? "" };
    }),
  ];
}

/** The host names in a text; `plain` where nothing around one shows that it is a host. */
function hostsIn(text: string): readonly { readonly host: string; readonly plain: boolean }[] {
  return [
    ...text.matchAll(/(^|:\/\/|[^A-Za-z0-9._-])([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)\.?(:[0-9]|\/|$)?/g),
  ].map(([, before = "", host = "", after = ""]) => ({
    host: host.toLowerCase(),
    plain: before !== "://" && before !== "@" && !after.startsWith(":"),
  }));
}
