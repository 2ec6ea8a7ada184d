import type {
  ConnectDocument,
  ProbedDocument,
  ProbeNameDocument,
  ServerDocument,
  VantageDocument,
} from "../diagnosis/probe.ts";
import { saidBy } from "../diagnosis/probe.ts";
import { count, listed } from "../trace/words.ts";
import { type Block, prose } from "./blocks.ts";
import type { Style } from "./style.ts";
import { symbolOf } from "./symbols.ts";

/** Names, and servers of one name, that are told one by one; `wide` tells all. */
export const SHOWN = 6;

/** Whether it was a Pod of ours under the client's policies, which has a resolv.conf of its own. */
export function isLike({ client, pod }: Pick<VantageDocument, "client" | "pod">): boolean {
  return client !== null && pod?.split("/")[1] !== client.split("/")[1];
}

/** Whether something about the name is not as predicted, or was lost. */
export function differs({ candidates }: ProbeNameDocument): boolean {
  return candidates.some(({ observed }) => observed.some(isOdd));
}

/** Not as predicted, or lost. What is asked past a cache shows the cache, and is no answer that clients get. */
function isOdd({ agrees, lost, checkingDisabled }: ProbedDocument): boolean {
  return !checkingDisabled && (agrees === false || lost > 0);
}

/** A port that should be open. That a headless Service's own port is refused is no fault of the endpoint. */
export function isShut({ status, of }: Pick<ConnectDocument, "status" | "of">): boolean {
  return of === "endpoint" && status !== "open" && status !== "missing";
}

/** What is wrong: servers that say nothing, answers that differ, ports that do not open. */
export function wrongLines(
  names: readonly ProbeNameDocument[],
  vantages: readonly VantageDocument[],
  style: Style,
  wide: boolean,
): Block {
  const wrong = names.filter(differs);
  const shown = wide ? wrong : wrong.slice(0, SHOWN);
  return [
    ...silentLines(vantages, style),
    ...bypassLines(vantages, style),
    ...shown.flatMap((name) => oddLines(name, vantages.length > 1, style, wide)),
    ...(shown.length < wrong.length ? [`  and ${count(wrong.length - shown.length, "more name")} (-o wide)`] : []),
    ...shutLines(vantages, style, wide),
  ];
}

/** A server that never says anything, in a line instead of one for each question. */
function silentLines(vantages: readonly VantageDocument[], style: Style): Block {
  return vantages.flatMap((vantage) =>
    vantage.servers.filter(isMute).flatMap((server) => {
      const where = vantages.length > 1 ? ` from ${vantage.node}` : "";
      return marked("broken", `${server.server} says nothing over ${wayOf(server)}${where}: ${server.because}`, style);
    }),
  );
}

/** Whether a server never said anything. */
export function isMute({ sent, lost }: Pick<ServerDocument, "sent" | "lost">): boolean {
  return sent > 0 && lost === sent;
}

function bypassLines(vantages: readonly VantageDocument[], style: Style): Block {
  return vantages.flatMap(({ asksClusterDns, client, pod, resolvConf }) =>
    asksClusterDns === false
      ? marked(
          "broken",
          `the resolv.conf of ${isLike({ client, pod }) ? pod : (client ?? pod)} names ${listed(resolvConf?.nameservers ?? [])}, which is not cluster DNS`,
          style,
        )
      : [],
  );
}

function oddLines({ candidates }: ProbeNameDocument, manyPlaces: boolean, style: Style, wide: boolean): Block {
  return candidates.flatMap(({ name, observed }) => {
    // What a server that is silent to everything says is told once, above.
    const odd = observed.filter((one) => isOdd(one) && !isMute(one));
    const bySaying = [...Map.groupBy(odd, (one) => `${one.type} ${oddText(one)}`).values()];
    return (wide ? bySaying : bySaying.slice(0, SHOWN)).flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const who = [...new Set(group.map((one) => sayer(one, manyPlaces)))];
      return marked(
        "broken",
        `${name.slice(0, -1)} ${first.type}: ${oddText(first)}; so ${listed(who, wide ? who.length : 2)}`,
        style,
      );
    });
  });
}

function oddText(one: ProbedDocument): string {
  const { differences, lost, sent } = one;
  const loss = lost > 0 ? `${lost} of ${sent} without an answer` : "";
  const codes = new Set(one.rcodes.filter((rcode) => rcode !== null));
  const changes = codes.size > 1 ? `by turns ${[...codes].join(" and ")}` : "";
  return [differences.join(", "), loss, changes].filter((text) => text !== "").join(", ") || saidBy(one);
}

function sayer({ server, protocol, edns, vantage, checkingDisabled }: ProbedDocument, manyPlaces: boolean): string {
  const way = wayOf({ protocol, edns, checkingDisabled });
  return `${server} over ${way}${manyPlaces ? ` from ${vantage}` : ""}`;
}

/** `UDP`, `UDP without EDNS`, `TCP`. */
export function wayOf({
  protocol,
  edns,
  checkingDisabled,
}: Pick<ServerDocument, "protocol" | "edns" | "checkingDisabled">) {
  const way = protocol === "tcp" ? "TCP" : edns === null ? "UDP without EDNS" : "UDP";
  return checkingDisabled ? `${way}, past its cache` : way;
}

function shutLines(vantages: readonly VantageDocument[], style: Style, wide: boolean): Block {
  const shut = vantages.flatMap(({ connects, node }) => connects.filter(isShut).map((one) => ({ ...one, node })));
  const shown = wide ? shut : shut.slice(0, SHOWN);
  const lines = shown.flatMap(({ address, port, pod, status, because, node }) => {
    const whose = pod === null ? "" : ` (${pod})`;
    const where = vantages.length > 1 ? ` from ${node}` : "";
    return marked("broken", `${address}:${port}${whose} ${status}${where}: ${because}`, style);
  });
  return shown.length < shut.length
    ? [...lines, `  and ${count(shut.length - shown.length, "more port")} (-o wide)`]
    : lines;
}

/** A line behind a symbol, wrapped. */
export function marked(status: "ok" | "broken" | "warning", text: string, style: Style): readonly string[] {
  return prose(text, 4, style).map((line, at) => (at === 0 ? `  ${symbolOf(status, style)} ${line}` : `    ${line}`));
}
