import type { KubernetesObject } from "../../objects/meta.ts";
import type { FieldPath } from "../../objects/origin.ts";
import type { ConfigMap } from "../../objects/others.ts";
import type { Container, Pod, PodSpec } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { expandShell, type ShellText } from "./shell.ts";
import {
  type ConfigMapNamed,
  environmentOf,
  expandReferences,
  type OwnPod,
  ownPod,
  type Variables,
} from "./variables.ts";

/** A text that a container works with: where it stands, as it is written, and with its variables put in. */
export interface ContainerText {
  /** Whose containers it is for. */
  readonly holder: Workload | Pod;
  /** A ConfigMap that several are given: which of them works with it is not told. */
  readonly shared: boolean;
  /** Where it is written, and so where it is mended. */
  readonly object: KubernetesObject;
  field(): FieldPath;
  /** The variable, the flag or the key that holds it; `argument` for a word of command and arguments. */
  readonly label: string;
  readonly written: string;
  expanded(): ShellText;
}

/** Longer ones are data, and not configuration with names in it. */
const LONGEST_TEXT = 200_000;

/** Where a workload's Pod spec, or a Pod's, stands in it. */
export function podSpecPath(holder: Workload | Pod): FieldPath {
  if (holder.kind === "Pod") return ["spec"];
  return holder.kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template", "spec"] : ["spec", "template", "spec"];
}

export function podSpecOf(holder: Workload | Pod): PodSpec {
  return holder.kind === "Pod" ? holder.spec : holder.template.spec;
}

/** A container with where it stands in its Pod spec. */
export interface PlacedContainer {
  readonly container: Container;
  readonly init: boolean;
  readonly path: FieldPath;
}

export function containersOf(holder: Workload | Pod): readonly PlacedContainer[] {
  const { containers, initContainers } = podSpecOf(holder);
  const place = (init: boolean) => (container: Container, index: number) => ({
    container,
    init,
    path: [...podSpecPath(holder), init ? "initContainers" : "containers", index],
  });
  return [...initContainers.map(place(true)), ...containers.map(place(false))];
}

/** The texts of all containers of a workload or Pod; those of the ConfigMaps that they use are configMapTexts. */
export function textsOf(holder: Workload | Pod, configMaps: ConfigMapNamed): readonly ContainerText[] {
  const pod = ownPod(holder);
  return containersOf(holder)
    .flatMap((placed) => containerTexts(holder, placed, pod, configMaps))
    .filter(({ label }) => !LISTS_NAMES.test(label));
}

/** Variables and flags whose names are compared with others and never looked up: proxies' exceptions, certificates, allowed hosts. */
const LISTS_NAMES =
  /(^|[-_.])(no[-_]?proxy|sans?|alt[-_]?names?|dns[-_]?names?|(allowed|trusted)[-_]?(hosts|origins|domains))([-_.]|$)/i;

function containerTexts(
  holder: Workload | Pod,
  { container, path }: PlacedContainer,
  pod: OwnPod,
  configMaps: ConfigMapNamed,
): readonly ContainerText[] {
  const environment = environmentOf(container, pod, configMaps);
  const text = (label: string, written: string, value: string, steps: FieldPath): ContainerText => ({
    holder,
    shared: false,
    object: holder,
    field: () => [...path, ...steps],
    label,
    written,
    expanded: () => expandShell(value, environment, pod),
  });
  const texts: ContainerText[] = [];
  container.env.forEach(({ name, value }, index) => {
    // What a ConfigMap holds has its place there.
    if (value === null || value === "") return;
    texts.push(text(name, value, environment.get(name) ?? value, ["env", index, "value"]));
  });
  for (const key of ["command", "args"] as const) {
    container[key].forEach((word, index) => {
      texts.push(wordText(text, word, environment, [key, index], isScript(container, key, index)));
    });
  }
  for (const key of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
    container[key]?.command?.forEach((word, index) => {
      texts.push(wordText(text, word, environment, [key, "exec", "command", index], /\s/.test(word)));
    });
  }
  return texts;
}

/** The word behind `-c` of a shell, or one of several lines: its `#` begin comments. */
function isScript({ command, args }: Container, key: "command" | "args", index: number): boolean {
  const words = key === "command" ? command : [...command, ...args];
  const at = key === "command" ? index : command.length + index;
  return /^-[a-z]*c$/.test(words[at - 1] ?? "") || (words[at] ?? "").includes("\n");
}

function wordText(
  text: (label: string, written: string, value: string, steps: FieldPath) => ContainerText,
  word: string,
  environment: Variables,
  steps: FieldPath,
  script: boolean,
): ContainerText {
  const flag = script ? null : /^(--?[A-Za-z][A-Za-z0-9_.-]*)=(.*)$/s.exec(word);
  const [label, written] = flag === null ? ["argument", word] : [flag[1] ?? "", flag[2] ?? ""];
  const expanded = expandReferences(written, environment);
  return text(label, written, script ? withoutComments(expanded) : expanded, steps);
}

/**
 * The texts of a ConfigMap, for the workloads and Pods that use it. Where several do, variables are not known: each has its
 * own.
 */
export function configMapTexts(
  configMap: ConfigMap,
  users: readonly [Workload | Pod, ...(Workload | Pod)[]],
): readonly ContainerText[] {
  const [holder, ...others] = users;
  const pod: OwnPod =
    others.length === 0
      ? ownPod(holder)
      : { ...ownPod(holder), name: null, hostname: null, ordinal: null, labels: {}, replicas: 1 };
  const none: Variables = new Map();
  const environment: Variables =
    others.length > 0
      ? none
      : new Map(
          containersOf(holder).flatMap(({ container }) => [
            ...environmentOf(container, pod, (name) => (name === configMap.metadata.name ? configMap : null)),
          ]),
        );
  return Object.entries(configMap.data).flatMap(([key, written]) => {
    if (written.length > LONGEST_TEXT || isForeign(key, written.length) || LISTS_NAMES.test(key)) return [];
    return [
      {
        holder,
        shared: others.length > 0,
        object: configMap,
        field: () => ["data", key],
        label: key,
        written,
        expanded: () => expandShell(withoutComments(written), environment, pod),
      },
    ];
  });
}

/** A dashboard is JSON of this length, and a configuration hardly ever. */
const LONGEST_JSON = 20_000;

/** Data that speaks of names without asking for any: dashboards, texts for people, certificates, alerts. */
function isForeign(key: string, length: number): boolean {
  if (/\.json5?$/i.test(key)) return length > LONGEST_JSON || /dashboard/i.test(key);
  return /\.(md|html?|css|js|txt|pem|crt|key|svg|tpl|tmpl|gotmpl|rego|rules)$|dashboard|readme|(rules|alerts?)\.ya?ml$/i.test(
    key,
  );
}

/** Comments become blanks, so that places stay: whole lines, what stands behind ` #`, and XML's. */
function withoutComments(text: string): string {
  const lines = /[#;]|\/\/|--/.test(text)
    ? text.replace(/^[ \t]{0,200}(?:#|;|\/\/|--[ \t])[^\n]*|[ \t]#[^\n]*/gm, blanks)
    : text;
  let kept = "";
  let at = 0;
  for (;;) {
    const start = lines.indexOf("<!--", at);
    const end = start < 0 ? -1 : lines.indexOf("-->", start + 4);
    if (end < 0) return kept + lines.slice(at);
    kept += lines.slice(at, start) + blanks(lines.slice(start, end + 3));
    at = end + 3;
  }
}

function blanks(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
