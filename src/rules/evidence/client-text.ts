import type { Client } from "../../trace/clients.ts";
import type { Part } from "../../trace/part.ts";
import type { Probed, ProbedVantage } from "../../trace/probed.ts";
import type { Parts } from "../../trace/trace.ts";
import { listed } from "../../trace/words.ts";
import type { CannotTell, RuleFinding } from "../rule.ts";
import { holderName, referenceText } from "./reference-text.ts";

/** `Deployment shop asks for mysql-0.mysql and mysql-1.mysql`; clients of other namespaces with theirs. */
export function asksFor({ holder, references }: Client, namespace: string): string {
  const hosts = [...new Set(references.map(({ reference }) => reference.host))];
  const where = holder.metadata.namespace === namespace ? "" : ` of namespace ${holder.metadata.namespace}`;
  return `${holderName(holder)}${where} asks for ${listed(hosts)}`;
}

/** The first places where the names are written. */
export function referenceEvidence({ references }: Client): readonly string[] {
  return [...new Set(references.map(({ reference }) => referenceText(reference)))].slice(0, 3);
}

/** The places in the cluster that were asked from in the place of one of the client's Pods; none where nothing was probed. */
export function vantagesOf({ holder, hasPod }: Client, probed: Part<Probed>): readonly ProbedVantage[] {
  if (probed.status === "unavailable") return [];
  return probed.value.vantages.filter(
    ({ client, pod }) =>
      client !== null && pod.namespace === holder.metadata.namespace && hasPod(client.slice(client.indexOf("/") + 1)),
  );
}

/** Those of them that were in one of its Pods: another Pod under its policies has a resolv.conf of its own. */
export function vantagesWithin(client: Client, probed: Part<Probed>): readonly ProbedVantage[] {
  return vantagesOf(client, probed).filter(({ pod }) => client.hasPod(pod.name));
}

/** The findings; where there are none and texts that may name clients were not read, that instead. */
export function orUnread(
  findings: readonly RuleFinding[],
  { unread }: Parts["references"],
): readonly RuleFinding[] | CannotTell {
  if (findings.length > 0 || unread === null) return findings;
  return { cannotTell: unread.because, byNature: unread.byNature };
}
