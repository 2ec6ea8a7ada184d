import type { Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Reference } from "../../trace/references/reference.ts";
import { shortened } from "../../trace/trouble.ts";

const WIDTH = 100;

/** `StatefulSet web: PEERS=web-0.web,web-3.web`, or `ConfigMap web, app.conf, line 2: peers = web-3.web`. */
export function referenceText(reference: Reference): string {
  const { holder, object, label, written } = reference;
  if (object === holder && !written.includes("\n")) {
    return `${holderName(holder)}: ${shortened(around(`${label}=${written}`, reference), WIDTH)}`;
  }
  const line = written.split("\n")[lineOf(reference) ?? -1];
  const seen = line === undefined ? "made of variables" : shortened(around(line.trim(), reference), WIDTH);
  return `${referencePlace(reference)}: ${seen}`;
}

/** Where it stands, to the variable or the line: `ConfigMap web, app.conf, line 2`, `StatefulSet web, PEERS`. */
export function referencePlace(reference: Reference): string {
  const { holder, object, label, written } = reference;
  const where = `${object === holder ? holderName(holder) : `ConfigMap ${object.metadata.name}`}, ${label}`;
  const line = written.includes("\n") || object !== holder ? lineOf(reference) : null;
  return line === null ? where : `${where}, line ${line + 1}`;
}

export function holderName(holder: Workload | Pod): string {
  return `${holder.kind} ${holder.metadata.name}`;
}

/** The line that writes the host, or the end of it, counted from 0; null where it is all made of variables. */
function lineOf({ written, host }: Reference): number | null {
  const lines = written.toLowerCase().split("\n");
  const at = [host, endOf(host)].map((part) => lines.findIndex((line) => line.includes(part)));
  return at.find((line) => line >= 0) ?? null;
}

/** What of a host stands in the text as it is, where the rest is a variable's. */
function endOf(host: string): string {
  return host.slice(host.indexOf("."));
}

/** The part of a long text that holds the host, or its end. */
function around(text: string, { host }: Reference): string {
  const lower = text.toLowerCase();
  const found = [host, endOf(host)].find((part) => lower.includes(part));
  const end = found === undefined ? 0 : lower.indexOf(found) + found.length;
  return end <= WIDTH - 3 ? text : `...${text.slice(Math.max(0, end - WIDTH + 30))}`;
}
