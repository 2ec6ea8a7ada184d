import type { ConfigMap } from "../../objects/others.ts";
import { aliasedTo, configMapsOf, type Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { type HostWord, hostWords } from "./hosts.ts";
import { type ContainerText, configMapTexts, podSpecOf, textsOf } from "./texts.ts";

/** A place where a workload's or a Pod's containers may mean a host by a word. */
export interface Reference extends Pick<ContainerText, "holder" | "shared" | "object" | "field" | "label" | "written"> {
  /** Lower case, with variables put in, without a dot at the end. */
  readonly host: string;
  readonly absolute: boolean;
  readonly sign: HostWord["sign"];
  /**
   * A port, a scheme or the label shows that it is a host. Without any of them a bare `web` is a word like any other, and a
   * name with dots only looks like one.
   */
  readonly isHost: boolean;
}

/** Names of variables and flags that hold a host. */
const HOST_LABEL = /(host|addr|address|server|service|url|uri|endpoint|broker|seed|node|dsn|upstream)s?$/i;

/**
 * The references of one namespace, in the order of its holders. `isCandidate` tells from a host's labels whether it can be a
 * name that matters: most words with dots are versions, files and classes.
 */
export function referencesIn(
  holders: readonly (Workload | Pod)[],
  configMaps: ReadonlyMap<string, ConfigMap>,
  isCandidate: (labels: readonly string[]) => boolean,
): readonly Reference[] {
  const found: Reference[] = [];
  const named = (name: string): ConfigMap | null => configMaps.get(name) ?? null;
  const users = new Map<string, [Workload | Pod, ...(Workload | Pod)[]]>();
  for (const holder of holders) {
    for (const text of textsOf(holder, named)) addReferences(text, isCandidate, found);
    for (const name of configMapsOf(podSpecOf(holder))) {
      const known = users.get(name);
      if (known === undefined) users.set(name, [holder]);
      else known.push(holder);
    }
  }
  for (const [name, by] of users) {
    const configMap = named(name);
    if (configMap === null) continue;
    for (const text of configMapTexts(configMap, by)) addReferences(text, isCandidate, found);
  }
  return found;
}

function addReferences(
  text: ContainerText,
  isCandidate: (labels: readonly string[]) => boolean,
  into: Reference[],
): void {
  const { holder, shared, object, field, label, written } = text;
  const labelled = HOST_LABEL.test(label);
  // Most texts are words and numbers: without any of these signs none is a host, and none is made of variables.
  if (!labelled && !/[.:@$`]/.test(written)) return;
  const expanded = text.expanded();
  if (!labelled && !/[.:@]/.test(expanded.text)) return;
  const seen = new Set<string>();
  for (const { host, absolute, sign } of hostWords(expanded)) {
    const isHost = sign !== null || labelled;
    const dotted = host.includes(".");
    if (dotted ? !isCandidate(host.split(".")) : !isHost) continue;
    // Of that DNS is not asked.
    if (aliasedTo(podSpecOf(holder), host).length > 0) continue;
    const key = `${host}\0${sign}`;
    if (seen.has(key)) continue;
    seen.add(key);
    into.push({ holder, shared, object, field, label, written, host, absolute, sign, isHost });
  }
}
