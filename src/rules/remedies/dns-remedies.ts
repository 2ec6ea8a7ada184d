import { DNS_NAMESPACE } from "../../objects/dns-scope.ts";
import type { ConfigMap } from "../../objects/others.ts";
import type { Pod } from "../../objects/pod.ts";
import type { DnsCorefile } from "../../trace/dns-corefile.ts";
import { ownerOf } from "../../trace/owners.ts";
import { kubectl, kubectlPatch, note } from "./kubectl.ts";
import { managerOf } from "./provenance.ts";

/** Starts the servers of cluster DNS anew, some at a time. */
export function restartDns(pods: readonly Pod[] | null): string {
  const [first] = pods ?? [];
  const owner = first === undefined ? null : ownerOf(first, () => null);
  const target = owner === null ? "deployment/coredns" : `${owner.ref.kind.toLowerCase()}/${owner.ref.name}`;
  return kubectl(first?.metadata.namespace ?? DNS_NAMESPACE, "rollout", "restart", target);
}

/**
 * Changes lines of the Corefile: `edit` gives what stands in place of a line (1-based), null to leave it. The whole text
 * is written out, so that it can be pasted; what it loads, and when, is said.
 */
export function editCorefile(
  corefile: DnsCorefile,
  pods: readonly Pod[] | null,
  edit: (line: string, number: number) => readonly string[] | null,
): readonly string[] {
  const { configMap, read } = corefile;
  const lines = (configMap.data.Corefile ?? "").split("\n");
  const edited = lines.flatMap((line, index) => edit(line, index + 1) ?? [line]);
  const reloads = read.blocks.some(({ plugins }) => plugins.includes("reload"));
  return [
    kubectlPatch(
      configMap.metadata.namespace,
      "configmap",
      configMap.metadata.name,
      { data: { Corefile: edited.join("\n") } },
      "merge",
    ),
    note(reloads ? "CoreDNS loads it within two minutes; at once with:" : "CoreDNS loads it when it is started anew:"),
    restartDns(pods),
    ...keptBy(configMap),
  ];
}

function keptBy(configMap: ConfigMap): readonly string[] {
  const manager = managerOf(configMap);
  return manager === null ? [] : [note(`${manager} keeps this ConfigMap and may set it back: change it there, too`)];
}

/** The white space that a line begins with. */
export function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? "";
}

/** `line 12 of the Corefile: namespaces shop`. */
export function corefileLine(corefile: DnsCorefile, line: number): string {
  return `line ${line} of the Corefile: ${corefile.lineText(line)}`;
}
