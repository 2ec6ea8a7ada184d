import type { Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Reference } from "../../trace/references/reference.ts";
import { shortened } from "../../trace/trouble.ts";

const WIDTH = 100;

/** `StatefulSet web: PEERS=web-0.web,web-3.web`, or `ConfigMap web, app.conf, line 2: peers = web-3.web`. */
export function referenceText(reference: Reference): string {
  const { holder, object, label, written, host } = reference;
  if (object === holder) return `${holderName(holder)}: ${shortened(around(`${label}=${written}`, host), WIDTH)}`;
  const lines = written.split("\n");
  const at = Math.max(0, lineOf(lines, host));
  return `ConfigMap ${object.metadata.name}, ${label}, line ${at + 1}: ${shortened(around((lines[at] ?? "").trim(), host), WIDTH)}`;
}

export function holderName(holder: Workload | Pod): string {
  return `${holder.kind} ${holder.metadata.name}`;
}

/** The line that writes the host, or with variables in it the end of the host; -1 where none does. */
function lineOf(lines: readonly string[], host: string): number {
  const whole = lines.findIndex((line) => line.toLowerCase().includes(host));
  const rest = host.slice(host.indexOf("."));
  return whole >= 0 ? whole : lines.findIndex((line) => line.toLowerCase().includes(rest));
}

/** The part of a long text that holds the host. */
function around(text: string, host: string): string {
  const at = text.toLowerCase().indexOf(host);
  const end = at + host.length;
  if (at < 0 || end <= WIDTH - 3) return text;
  return `...${text.slice(Math.max(0, end - WIDTH + 30))}`;
}
