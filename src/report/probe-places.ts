import type {
  ConnectDocument,
  Latency,
  ProbeNameDocument,
  ServerDocument,
  VantageDocument,
} from "../diagnosis/probe.ts";
import { saidBy } from "../diagnosis/probe.ts";
import { count } from "../trace/words.ts";
import { type Block, prose } from "./blocks.ts";
import { isMute, isShut, wayOf } from "./probe-faults.ts";
import type { Style } from "./style.ts";
import { type Cell, table, wrappedTable } from "./table.ts";
import { widthOf } from "./width.ts";

const SERVER_HEAD = ["SERVER", "UDP", "NO EDNS", "TCP", "DIFFER", "MS MIN/MED/MAX"];

/** How each server answered from one place, and what the ports there did. */
export function vantageLines(vantage: VantageDocument, named: boolean, style: Style): Block {
  const { servers, tool, connects, resolvConf } = vantage;
  const clients = servers.filter(({ checkingDisabled }) => !checkingDisabled);
  const rows = [...Map.groupBy(clients, ({ server }) => server)].map(([server, ways]): readonly Cell[] => {
    const differing = ways.reduce((sum, one) => sum + one.differing, 0);
    return [
      { text: server },
      ...["UDP", "UDP without EDNS", "TCP"].map((way) => answeredCell(ways.find((one) => wayOf(one) === way))),
      { text: String(differing), tone: differing > 0 ? "bad" : "plain" },
      { text: latencyText(ways[0]?.latency ?? null), tone: "dim" },
    ];
  });
  // Where it is too wide, replicas are told by name alone.
  const widths = SERVER_HEAD.map((title, at) =>
    Math.max(...[{ text: title }, ...rows.map((row) => row[at])].map((cell) => widthOf(cell?.text ?? ""))),
  );
  const widest = widths.reduce((sum, width) => sum + width + 2, 0);
  const short = rows.map(([first = { text: "" }, ...others]): readonly Cell[] =>
    widest <= style.columns ? [first, ...others] : [{ text: first.text.replace(/^(\S+) \(.*\)$/, "$1") }, ...others],
  );
  const lines = table(SERVER_HEAD, short, style);
  const search = resolvConf === null ? "" : `search ${resolvConf.search.join(" ")} ${resolvConf.options.join(" ")}`;
  return [
    ...(named ? [`${vantage.node}:`] : []),
    ...lines.map((line) => `  ${line}`.trimEnd()),
    ...portLines(connects),
    ...prose([tool, search].filter((text) => text !== "" && text !== "none").join(", "), 2, style).map((line) =>
      style.paint("dim", `  ${line}`),
    ),
  ];
}

/** How many ports opened; apart from those that only the Service has. */
function portLines(connects: readonly ConnectDocument[]): Block {
  const [own, others] = [connects.filter(({ of }) => of === "endpoint"), connects.filter(({ of }) => of === "service")];
  const open = (some: readonly ConnectDocument[]): number => some.filter(({ status }) => status === "open").length;
  const ports = [...new Set(others.map(({ port }) => port))].join(", ");
  return [
    ...(own.length === 0 ? [] : [`  ${open(own)} of ${count(own.length, "port")} open`]),
    ...(others.length === 0
      ? []
      : [`  ${open(others)} of ${others.length} open on port ${ports} of the Service, which nobody translates`]),
  ];
}

/** `7/7`, `7/7 cut` where answers came cut, `-` where it was not asked so. */
function answeredCell(server: ServerDocument | undefined): Cell {
  if (server === undefined || server.sent === 0) return { text: "-" };
  const { sent, lost, truncated } = server;
  const cut = truncated > 0 ? ` (${truncated} cut)` : "";
  return { text: `${sent - lost}/${sent}${cut}`, tone: lost > 0 ? "bad" : "plain" };
}

function latencyText(latency: Latency | null): string {
  if (latency === null) return "-";
  return [latency.min, latency.median, latency.max].map((time) => time.toFixed(time < 10 ? 1 : 0)).join("/");
}

/** By node, and which of them are answered otherwise than the most. */
export async function nodeTable(
  vantages: readonly VantageDocument[],
  names: readonly ProbeNameDocument[],
  style: Style,
): Promise<Block> {
  const saying = vantages.map((vantage) => sayingOf(vantage, names));
  const most = [...Map.groupBy(saying, (text) => text).values()].sort((a, b) => b.length - a.length)[0]?.[0];
  const rows = vantages.map(({ node, pod, servers, lacks, connects }, at): readonly Cell[] => {
    if (pod === null) return [{ text: node }, { text: "-" }, { text: "-" }, { text: "-" }, { text: lacks.join("; ") }];
    const own = servers.filter(({ checkingDisabled }) => !checkingDisabled);
    const sent = own.reduce((sum, one) => sum + one.sent, 0);
    const lost = own.reduce((sum, one) => sum + one.lost, 0);
    const differing = own.reduce((sum, one) => sum + one.differing, 0);
    const shut = connects.filter(isShut).length;
    const remarks = [
      ...(saying[at] === most ? [] : ["answers other than on most nodes"]),
      ...own.filter(isMute).map((server) => `${server.server} silent over ${wayOf(server)}`),
      ...(shut === 0 ? [] : [`${count(shut, "port")} not open`]),
      ...lacks,
    ];
    return [
      { text: node },
      { text: `${sent - lost}/${sent}`, tone: lost > 0 ? "bad" : "plain" },
      { text: String(differing), tone: differing > 0 ? "bad" : "plain" },
      { text: latencyText(own[0]?.latency ?? null) },
      { text: remarks.length === 0 ? "as predicted" : remarks.join("; "), tone: remarks.length === 0 ? "good" : "bad" },
    ];
  });
  return wrappedTable(["NODE", "ANSWERED", "DIFFER", "MS MIN/MEDIAN/MAX", ""], rows, style);
}

function sayingOf({ client, node, pod }: VantageDocument, names: readonly ProbeNameDocument[]): string {
  const place = client ?? (node === "" ? pod : node);
  return names
    .flatMap(({ candidates }) => candidates)
    .flatMap(({ name, observed }) =>
      observed
        .filter(({ vantage, server }) => vantage === place && server.startsWith("resolv.conf "))
        .map((one) => `${name} ${one.type} ${one.truncated ? "cut" : saidBy(one).split(", ").sort().join(", ")}`),
    )
    .join("\n");
}
