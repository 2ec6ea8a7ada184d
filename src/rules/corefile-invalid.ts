import { count, listed } from "../trace/words.ts";
import { corefileLine } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";

const SHOWN = 3;
/** What CoreDNS logs of a Corefile that it does not load: caddy's `Restart failed`, a plugin's setup, the parser. */
const LOGGED = /Restart failed|Corefile|during parsing|plugin\/[a-z_]+: /;

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
    const [first, ...others] = read.errors;
    if (first === undefined) return [];
    const { namespace, name } = configMap.metadata;
    const more = others.length === 0 ? "" : `, and ${count(others.length, "further fault")}`;
    const { pods, logs } = clusterDns.status === "unavailable" ? { pods: null, logs: [] as const } : clusterDns.value;
    const down = (pods ?? []).filter(
      ({ status }) => status?.containerStatuses.some(({ ready, restartCount }) => !ready && restartCount > 0) ?? false,
    );
    const lines = [...new Set(logs.flatMap((log) => log.lines.filter((line) => LOGGED.test(line)).slice(-1)))];
    return [
      {
        object: configMap,
        field: ["data", "Corefile"],
        message: `CoreDNS cannot load its Corefile (line ${first.line}: ${first.message}${more}). Replicas that run go on with what they loaded before, and one that starts anew ends at once: a restart takes cluster DNS down.`,
        evidence: [
          ...read.errors.slice(0, SHOWN).map(({ line }) => corefileLine(corefile, line)),
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
