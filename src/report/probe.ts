import type {
  ConnectDocument,
  Latency,
  ProbeDocument,
  ProbedDocument,
  ProbeNameDocument,
  ServerDocument,
  VantageDocument,
} from "../diagnosis/probe.ts";
import { saidBy } from "../diagnosis/probe.ts";
import { runsOf } from "../diagnosis/words.ts";
import { count, listed } from "../trace/words.ts";
import { prose } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import type { Style, Tone } from "./style.ts";
import { symbolOf } from "./symbols.ts";
import { type Cell, table } from "./table.ts";
import { widthOf } from "./width.ts";

/** Names, and servers of one name, that are told one by one; `wide` tells all. */
const SHOWN = 6;

type Block = readonly string[];

/**
 * What probe tells people: first what is wrong, then what each name came to, then how each server answered, and what the
 * ports did. Several places are a table by node.
 */
export async function probeText(document: ProbeDocument, style: Style, wide: boolean): Promise<string> {
  const { names, vantages } = cleanDocument(document, style.unicode);
  const blocks: Block[] = [
    [headline(names, vantages, style)],
    wrongLines(names, vantages, style, wide),
    nameLines(names, style, wide),
    ...(vantages.length > 1 ? [await nodeTable(vantages, names, style)] : []),
    ...(vantages.length === 1 || wide
      ? await Promise.all(vantages.map((vantage) => vantageLines(vantage, vantages.length > 1, style)))
      : []),
    lackLines(names, vantages, style),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function headline(names: readonly ProbeNameDocument[], vantages: readonly VantageDocument[], style: Style): string {
  const [only] = vantages;
  const from =
    vantages.length === 1 && only !== undefined
      ? `${whence(only)}${only.node === "" ? "" : ` on ${only.node}`}`
      : count(vantages.length, "node");
  const { tone, text } = verdict(names, vantages);
  const between = style.unicode ? " · " : " - ";
  const fits = widthOf(`Asked from ${from}${between}${text}`) <= style.width;
  return `Asked from ${style.paint("strong", from)}${fits ? between : "\n"}${style.paint(tone, text)}`;
}

/** `pod/web-0`, `a Pod like pod/web-0`, `pod shop/kheadless-probe-x`. */
function whence(vantage: Pick<VantageDocument, "client" | "pod">): string {
  const { client, pod } = vantage;
  return client === null ? `pod ${pod}` : isLike(vantage) ? `a Pod like ${client}` : client;
}

/** Whether it was a Pod of ours under the client's policies, which has a resolv.conf of its own. */
function isLike({ client, pod }: Pick<VantageDocument, "client" | "pod">): boolean {
  return client !== null && pod?.split("/")[1] !== client.split("/")[1];
}

function verdict(
  names: readonly ProbeNameDocument[],
  vantages: readonly VantageDocument[],
): { readonly tone: Tone; readonly text: string } {
  const wrong = names.filter(differs).length;
  const unknown = names.filter(({ resolves }) => resolves === null).length;
  const negative = names.filter(({ resolves }) => resolves === false).length;
  const all = count(names.length, "name");
  if (wrong > 0) return { tone: "bad", text: `${wrong} of ${all} not as predicted` };
  if (vantages.some(({ connects }) => connects.some(isShut))) {
    return { tone: "bad", text: `${all} as predicted, but not every port opens` };
  }
  if (negative > 0) {
    return { tone: "bad", text: `as predicted, ${negative} of ${all} ${negative === 1 ? "does" : "do"} not resolve` };
  }
  if (unknown > 0) return { tone: "warn", text: `${unknown} of ${all} cannot be told` };
  const asked = vantages.filter(({ pod }) => pod !== null).length;
  if (asked < vantages.length) {
    return { tone: "warn", text: `${all} as predicted from ${asked} of ${vantages.length} nodes` };
  }
  return { tone: "good", text: `${all} as predicted` };
}

function differs({ candidates }: ProbeNameDocument): boolean {
  return candidates.some(({ observed }) => observed.some(isOdd));
}

/** Not as predicted, or lost. What is asked past a cache shows the cache, and is no answer that clients get. */
function isOdd({ agrees, lost, checkingDisabled }: ProbedDocument): boolean {
  return !checkingDisabled && (agrees === false || lost > 0);
}

/** A port that should be open. That a headless Service's own port is refused is no fault of the endpoint. */
function isShut({ status, of }: Pick<ConnectDocument, "status" | "of">): boolean {
  return of === "endpoint" && status !== "open" && status !== "missing";
}

function wrongLines(
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

function isMute({ sent, lost }: ServerDocument): boolean {
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
    const odd = observed.filter((one) => isOdd(one) && !(one.sent > 0 && one.lost === one.sent));
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

function wayOf({ protocol, edns, checkingDisabled }: Pick<ServerDocument, "protocol" | "edns" | "checkingDisabled">) {
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

function marked(status: "ok" | "broken" | "warning", text: string, style: Style): readonly string[] {
  return prose(text, 4, style).map((line, at) => (at === 0 ? `  ${symbolOf(status, style)} ${line}` : `    ${line}`));
}

/** What is as predicted, in few lines; what does not resolve all the same comes first, with the reason. */
function nameLines(names: readonly ProbeNameDocument[], style: Style, wide: boolean): Block {
  const fine = names
    .filter((name) => !differs(name) && name.resolves !== null)
    .sort((a, b) => Number(a.resolves) - Number(b.resolves));
  const shown = wide || fine.length <= SHOWN ? fine : fine.slice(0, SHOWN - 1);
  const rest = fine.slice(shown.length);
  const runs = runsOf(rest.map((name) => nameOf(name).split(".")[0] ?? ""));
  return [
    ...shown.flatMap((name) =>
      marked(name.resolves === true ? "ok" : "broken", `${nameOf(name)}  ${saidOf(name)}${reasonOf(name)}`, style),
    ),
    ...(rest.length === 0
      ? []
      : marked(
          rest.every(({ resolves }) => resolves === true) ? "ok" : "broken",
          `${count(rest.length, "more name")}: ${listed(runs, 4)}`,
          style,
        )),
  ];
}

function nameOf({ question, candidates }: ProbeNameDocument): string {
  return (candidates.find(({ asked }) => asked)?.name ?? question.name).replace(/\.$/, "");
}

function reasonOf({ candidates, resolves }: ProbeNameDocument): string {
  if (resolves === true) return "";
  const reason = candidates.find(({ asked }) => asked)?.predicted[0]?.reason;
  return reason === undefined ? "" : `: ${reason}`;
}

/** What the client's own name servers answered at last. */
function saidOf({ candidates }: ProbeNameDocument): string {
  const own = candidates
    .filter(({ asked }) => asked)
    .flatMap(({ observed }) => observed.filter(({ server }) => server.startsWith("resolv.conf ")));
  const answering = own.filter(({ answers }) => answers.length > 0);
  const [shown] = answering.length > 0 ? answering : own;
  if (shown === undefined) return "not asked";
  const cut = shown.truncated ? "cut; " : "";
  const data = shown.answers.length > 3 ? `${shown.answers.length} records` : saidBy(shown);
  return `${cut}${data}`;
}

const SERVER_HEAD = ["SERVER", "UDP", "NO EDNS", "TCP", "DIFFER", "MS MIN/MED/MAX"];

async function vantageLines(vantage: VantageDocument, named: boolean, style: Style): Promise<Block> {
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
    widest <= style.width ? [first, ...others] : [{ text: first.text.replace(/^(\S+) \(.*\)$/, "$1") }, ...others],
  );
  const lines = await table(SERVER_HEAD, short, style);
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
async function nodeTable(
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
  return table(["NODE", "ANSWERED", "DIFFER", "MS MIN/MEDIAN/MAX", ""], rows, style);
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

function lackLines(names: readonly ProbeNameDocument[], vantages: readonly VantageDocument[], style: Style): Block {
  const lacks = [...new Set(vantages.filter(({ pod }) => pod !== null).flatMap((vantage) => vantage.lacks))];
  const notes = [...new Set(names.flatMap((name) => name.notes))];
  return [
    ...lacks.flatMap((lack) => prose(`Not checked: ${lack}`, 0, style)),
    ...notes.flatMap((note) => prose(note, 0, style)).map((line) => style.paint("dim", line)),
  ];
}
