import type { FieldPath } from "../../objects/origin.ts";
import type { Container } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { type HostWord, hostWords } from "../../trace/references/hosts.ts";
import { expandShell } from "../../trace/references/shell.ts";
import { containersOf } from "../../trace/references/texts.ts";
import { environmentOf, expandReferences, ownPod } from "../../trace/references/variables.ts";

/** Software whose readiness hangs on a majority of its peers, and how that is seen. */
interface Software {
  readonly name: string;
  /** Variables and flags that list the peers. */
  readonly peers: RegExp;
  /** A probe that only succeeds where the peers have found each other. */
  readonly probe: RegExp;
  /** A setting that shows that it does not wait for them. */
  readonly unless: RegExp;
}

const SOFTWARE: readonly Software[] = [
  {
    // etcd's /health and /readyz, and `endpoint health`, fail without a leader (etcdhttp/health.go).
    name: "etcd",
    peers: /^(ETCD_INITIAL_CLUSTER|--?initial-cluster)$/,
    probe:
      /^GET :\S*\/(health|readyz)\b|etcdctl\b[\s\S]*\b(endpoint|cluster-)\s?health|etcdctl\b[\s\S]*\bendpoint status/,
    unless: /(ETCD_INITIAL_CLUSTER_STATE|initial-cluster-state)[= ]existing/,
  },
  {
    // Consul elects no leader before bootstrap-expect servers have joined.
    name: "Consul",
    peers: /^--?retry-join$/,
    probe: /v1\/status\/leader|consul operator raft/,
    unless: /bootstrap-expect[= ]"?1\b|-dev\b/,
  },
];

/** A list of peers that a container needs a majority of to be Ready. */
export interface PeerList {
  readonly software: string;
  readonly container: Container;
  readonly field: FieldPath;
  readonly hosts: readonly string[];
  /** `ETCD_INITIAL_CLUSTER=...`. */
  readonly written: string;
  readonly probe: string;
}

export function peerLists(workload: Workload): readonly PeerList[] {
  const pod = ownPod(workload);
  return containersOf(workload).flatMap(({ container, init, path }) => {
    const probe = [container.readinessProbe, container.startupProbe].find((one) =>
      SOFTWARE.some((software) => one !== null && software.probe.test(one.how)),
    );
    if (init || probe === null || probe === undefined) return [];
    const settings = settingsOf(container);
    return SOFTWARE.flatMap(({ name, peers, probe: pattern, unless }): readonly PeerList[] => {
      const lists = settings.filter(({ label }) => peers.test(label));
      const [first] = lists;
      if (first === undefined || !pattern.test(probe.how)) return [];
      if (settings.some(({ label, text }) => unless.test(`${label}=${text}`) || unless.test(text))) return [];
      const environment = environmentOf(container, pod, () => null);
      const hosts = lists.flatMap(({ text }) =>
        hostWords(expandShell(expandReferences(text, environment), environment, pod)).map(({ host }: HostWord) => host),
      );
      return [
        {
          software: name,
          container,
          field: [...path, ...first.steps],
          hosts,
          written: `${first.label}=${first.text}`,
          probe: probe.how,
        },
      ];
    });
  });
}

interface Setting {
  readonly label: string;
  readonly text: string;
  readonly steps: FieldPath;
}

/** Variables, and flags of commands: `--flag=value`, `--flag value`, also inside a script. */
function settingsOf({ env, command, args }: Container): readonly Setting[] {
  const variables = env.map(({ name, value }, index) => ({
    label: name,
    text: value ?? "",
    steps: ["env", index, "value"],
  }));
  const flags = (["command", "args"] as const).flatMap((key) => {
    const words = key === "command" ? command : args;
    return words.flatMap((word, index) => {
      const steps = [key, index];
      if (!/\s/.test(word)) {
        const [, label = "", text] = /^(--?[a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
        return label === "" ? [] : [{ label, text: text ?? words[index + 1] ?? "", steps }];
      }
      return [...word.matchAll(/(?:^|\s)(--?[a-z][a-z0-9-]{0,60})[= ]("[^"]{0,2000}"|'[^']{0,2000}'|\S{0,2000})/g)].map(
        ([, label = "", text = ""]) => ({ label, text: text.replace(/^["']|["']$/g, ""), steps }),
      );
    });
  });
  return [...variables, ...flags];
}
