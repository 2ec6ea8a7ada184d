import type { Corefile } from "../dns/corefile.ts";
import type { CorefileError } from "../dns/corefile-syntax.ts";
import type { PodLog } from "../objects/observation.ts";
import { count, listed } from "../trace/words.ts";
import { corefileLine } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";

const SHOWN = 3;
/** What CoreDNS logs of a Corefile that it does not load: caddy's `Restart failed`, a plugin's setup, the parser. */
const LOGGED = /Restart failed|Corefile|during parsing|plugin\/[a-z_]+: /;
/** A name that this very build does not know: of a plugin (caddyfile/parse.go), of an option (setup.go of the plugins). */
const UNKNOWN_NAME = /(?:Unknown directive|unknown property) '([^']+)'/;

/**
 * A replica that runs goes on with what it loaded (plugin/reload hook.go logs and keeps the old instance), and one that
 * starts ends at once (coremain/run.go): nobody notices until a node is drained or somebody restarts cluster DNS.
 */
export const corefileInvalid = defineRule({
  id: "corefile-invalid",
  link: "cluster-dns",
  severity: "warning",
  summary: "the Corefile cannot be loaded: replicas of CoreDNS that start anew end at once",
  needs: { corefile: "present", clusterDns: "optional" },
  liveOnly: true,
  applies: ({ service }) => service !== null,
  check({ corefile, clusterDns }) {
    const { configMap, read } = corefile;
    const { pods, logs } = clusterDns.status === "unavailable" ? { pods: null, logs: [] as const } : clusterDns.value;
    const sure = surelyWrong(read, logs);
    const faults = sure.length > 0 ? sure : read.suspects;
    const [first, ...others] = faults;
    if (first === undefined) return [];
    const { namespace, name } = configMap.metadata;
    const more = others.length === 0 ? "" : `, and ${count(others.length, "further fault")}`;
    const where = `its Corefile (line ${first.line}: ${first.message}${more})`;
    const cannot =
      sure.length > 0
        ? `CoreDNS cannot load ${where}`
        : `Unless it is a build with plugins of its own, CoreDNS cannot load ${where}`;
    const down = (pods ?? []).filter(
      ({ status }) => status?.containerStatuses.some(({ ready, restartCount }) => !ready && restartCount > 0) ?? false,
    );
    const lines = [...new Set(logs.flatMap((log) => log.lines.filter((line) => LOGGED.test(line)).slice(-1)))];
    return [
      {
        object: configMap,
        field: ["data", "Corefile"],
        message: `${cannot}. Replicas that run go on with what they loaded before, and one that starts anew ends at once: a restart takes cluster DNS down.`,
        evidence: [
          ...faults.slice(0, SHOWN).map(({ line }) => corefileLine(corefile, line)),
          ...(down.length === 0 ? [] : [`not started again: ${listed(down.map(({ metadata }) => metadata.name))}`]),
          ...lines.slice(-2).map((line) => `log: ${line}`),
        ],
        remedy: [
          note("restart no replica before the Corefile is mended:"),
          kubectl(namespace, "edit", "configmap", name),
          note("those that run load it within two minutes, where it has the plugin reload; then this shows no fault:"),
          kubectl(namespace, "logs", "-l", "k8s-app=kube-dns", "--since=2m"),
        ].join("\n"),
      },
    ];
  },
});

/** What no build takes, and what the replicas themselves say that theirs does not, as long as it stands in the Corefile. */
function surelyWrong({ blocks, errors, suspects }: Corefile, logs: readonly PodLog[]): readonly CorefileError[] {
  const refused = new Set(logs.flatMap(({ lines }) => lines.flatMap((line) => UNKNOWN_NAME.exec(line)?.[1] ?? [])));
  const names = blocks.flatMap(({ directives }) =>
    directives.flatMap(({ name, line, block }) => [
      { name, line },
      ...block.map(({ words, line: at }) => ({ name: words[0] ?? "", line: at })),
    ]),
  );
  const logged = names
    .filter(({ name, line }) => refused.has(name) && !errors.some((error) => error.line === line))
    .map(
      ({ name, line }) =>
        suspects.find((suspect) => suspect.line === line) ?? { line, message: `its replicas do not know ${name}` },
    );
  return [...errors, ...logged].sort((a, b) => a.line - b.line);
}
