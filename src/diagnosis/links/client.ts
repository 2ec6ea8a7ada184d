import { holderName } from "../../rules/evidence/reference-text.ts";
import type { ProbedVantage } from "../../trace/probed.ts";
import { listed } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/**
 * Whether a client reaches the names is a question about that client: a probe is one, and may stand for another. Without
 * one those are named whose containers are given a name of the Service (`asked for by Deployment shop`).
 */
export function clientLine({ trace }: LinkView): LinkLine {
  const { probed } = trace.parts;
  if (probed.status !== "unavailable") {
    const [first, ...more] = probed.value.vantages;
    if (first === undefined) return { summary: "nothing could be asked from inside", judged: "unknown" };
    const others = more.length === 0 ? "" : ` and ${more.length} more nodes`;
    return { summary: `${placeText(first)}${others}: ${reachText([first, ...more])}`, judged: "yes" };
  }
  if (!probed.byNature) return { summary: probed.because, judged: "unknown" };
  const { clients } = trace.parts;
  const known = clients.status === "unavailable" ? [] : clients.value;
  if (known.length === 0) {
    const { references } = trace.parts;
    const flawed = references.status === "unavailable" ? [] : references.value.flawed;
    // They ask for what should be a name of the Service, and is none.
    const holders = [...new Set(flawed.map(({ reference }) => holderName(reference.holder)))];
    return holders.length > 0
      ? { summary: `asked for by ${listed(holders)}, by a name that does not exist`, judged: "yes" }
      : { summary: "no client was named (see: kheadless resolve --from pod/NAME)", judged: "no" };
  }
  return {
    summary() {
      const names = known.map(({ holder }) =>
        holder.metadata.namespace === trace.namespace
          ? holderName(holder)
          : `${holderName(holder)} of ${holder.metadata.namespace}`,
      );
      return `asked for by ${listed(names)}`;
    },
    judged: "yes",
  };
}

/** `asked from a Pod of ours on node-1`, `asked as pod/web-0 on node-1`. */
function placeText({ client, node }: ProbedVantage): string {
  const where = node === "" ? "" : ` on ${node}`;
  return client === null ? `asked from a Pod of ours${where}` : `asked as ${client}${where}`;
}

function reachText(vantages: readonly ProbedVantage[]): string {
  const servers = vantages.flatMap((vantage) => vantage.servers.filter(({ what }) => what !== "replica"));
  const ways = (["udp", "tcp"] as const).map((way) => ({
    way: way.toUpperCase(),
    seen: servers.map((server) => server[way]).filter((reach) => reach !== "unknown"),
  }));
  const silent = ways.filter(({ seen }) => seen.includes("silent")).map(({ way }) => way);
  const answering = ways.filter(({ seen }) => seen.length > 0 && !seen.includes("silent")).map(({ way }) => way);
  const told = [
    ...(silent.length === 0 ? [] : [`no answer over ${listed(silent)}`]),
    ...(answering.length === 0 ? [] : [`answers over ${listed(answering)}`]),
  ];
  return told.length === 0 ? "what came is not known" : told.join(", ");
}
