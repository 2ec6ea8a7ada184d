import type { Container } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";

/** A place where a workload's containers may mean a host by this word. */
export interface Mention {
  readonly workload: Workload;
  /** The variable or flag that holds it; `argument` for a word of command and arguments. */
  readonly label: string;
  readonly text: string;
  /**
   * A port, a scheme or the label shows that it is a host. Without any of them a bare `web` is a word like any other,
   * and a name with dots only looks like one.
   */
  readonly isHost: boolean;
}

/** Names of variables and flags that hold a host. */
const HOST_WORD = /(host|addr|address|server|service|url|uri|endpoint|broker|seed|node|dsn|upstream)s?$/i;

/** What looks like a host in the workloads' variables, commands and arguments, by the host in lower case. */
export function mentionsIn(workloads: readonly Workload[]): ReadonlyMap<string, readonly Mention[]> {
  const found = new Map<string, Mention[]>();
  for (const workload of workloads) {
    const { containers, initContainers } = workload.template.spec;
    for (const { label, text } of [...containers, ...initContainers].flatMap(textsOf)) {
      for (const { host, isHost } of hostsIn(text)) {
        const mention = { workload, label, text, isHost: isHost || HOST_WORD.test(label) };
        const known = found.get(host);
        if (known === undefined) found.set(host, [mention]);
        else known.push(mention);
      }
    }
  }
  return found;
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

/** The words of a text that could be host names: letters, digits, dots and hyphens, without a trailing dot. */
function hostsIn(text: string): readonly { readonly host: string; readonly isHost: boolean }[] {
  const words = /(^|:\/\/|[^A-Za-z0-9._-])([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)\.?(:[0-9])?/g;
  return [...text.matchAll(words)].map(([, before = "", host = "", port]) => ({
    host: host.toLowerCase(),
    isHost: before === "://" || before === "@" || port !== undefined,
  }));
}
