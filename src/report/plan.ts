import { formatData } from "../dns/compare.ts";
import { betweenParts, blocksText, labelled, locationText, prose, remedyLines, SEVERITY_TONE } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import type { ChangeDocument, EffectDocument, PlanDocument } from "./plan-document.ts";
import { type ChangeLine, type ServiceLines, serviceLines, summaryText } from "./plan-lines.ts";
import type { Style } from "./style.ts";
import { padTo, widthOf } from "./width.ts";

const ROOM = 6;
/** Of one Service; wide shows all. */
const MOST_LINES = 30;

/**
 * A plan for people: what it compares, then Service by Service the records that come (+), go (-) and change (~), what
 * makes them, what it means for clients and what to do. With `wide` every record by its full name.
 */
export function planText(document: PlanDocument, style: Style, wide: boolean): string {
  const plan = cleanDocument(document, style.unicode);
  const services = serviceLines(plan);
  const general = plan.effects.filter(({ services: concerned }) => concerned.length === 0);
  const blocks = [
    [headLine(plan, style)],
    ...services.map((service) => serviceBlock(service, plan, style, wide)),
    ...(general.length === 0 ? [] : [effectLines(general, style)]),
    closing(plan, style),
  ];
  return blocksText(blocks);
}

function headLine({ base, target }: PlanDocument, style: Style): string {
  const arrow = style.unicode ? "→" : "->";
  return `${style.paint("strong", "Plan")}  ${base.description} ${arrow} ${target.description}`;
}

function serviceBlock(service: ServiceLines, plan: PlanDocument, style: Style, wide: boolean): readonly string[] {
  const { title, kind, changes, because, effects, namespace, name } = service;
  const head = [style.paint("strong", `Service ${title}`), ...(kind === "" ? [] : [kind])].join(betweenParts(style));
  const rows = wide
    ? plan.changes.filter((change) => change.service.namespace === namespace && change.service.name === name)
    : null;
  const lines = rows === null ? changeRows(changes, style) : rows.flatMap((change) => wideRows(change, style));
  const why = because.flatMap(({ text, place }) => [
    ...prose(text, ROOM, style),
    ...(place === "" ? [] : [style.paint("dim", place)]),
  ]);
  return [
    head,
    ...(lines.length === 0 ? [] : ["", ...lines, ""]),
    ...labelled("Why", why, ROOM, style),
    ...effectLines(effects, style),
  ];
}

const TONES = { "+": "good", "-": "bad", "~": "warn" } as const;

function changeRows(changes: readonly ChangeLine[], style: Style): readonly string[] {
  const shown = changes.slice(0, MOST_LINES);
  const [names, types] = [Math.max(0, ...shown.map((row) => widthOf(row.names))), 5];
  const rows = shown.flatMap(({ sign, names: text, type, what }) => {
    const start = `  ${style.paint(TONES[sign], sign)} ${padTo(text, names)}  ${padTo(type, types)}  `;
    const room = 4 + names + 2 + types + 2;
    if (room + widthOf(what) <= style.width) return [`${start}${what}`.trimEnd()];
    const below = prose(what, ROOM, style).map((line) => `${" ".repeat(ROOM)}${line}`);
    return [`  ${style.paint(TONES[sign], sign)} ${padTo(text, names)}  ${type}`, ...below];
  });
  const left = changes.length - shown.length;
  return left === 0 ? rows : [...rows, style.paint("dim", `  and ${left} more (-o wide shows all)`)];
}

/** Every record, as in a zone file. */
function wideRows(change: ChangeDocument, style: Style): readonly string[] {
  const { name, type, ttl, added, removed, replaced } = change;
  const row = (sign: keyof typeof TONES, record: ChangeDocument["added"][number], seconds: number | null): string => {
    const data = record.data === null ? placeholder(record) : formatData(record.data);
    return `  ${style.paint(TONES[sign], sign)} ${name}  ${seconds ?? "?"}  ${type}  ${data}`;
  };
  return [
    ...removed.map((record) => row("-", record, ttl.before)),
    ...replaced.flatMap(({ before, after }) => [row("-", before, ttl.before), row("+", after, ttl.after)]),
    ...added.map((record) => row("+", record, ttl.after)),
  ];
}

function placeholder({ pod, port }: ChangeDocument["added"][number]): string {
  if (pod === null) return "a cluster IP";
  return port === null ? `address of ${pod}` : `port ${port} of ${pod}`;
}

function effectLines(effects: readonly EffectDocument[], style: Style): readonly string[] {
  return effects.flatMap((effect) => {
    const { severity, message, remedy, field, location } = effect;
    const place = [field ?? "", location === undefined ? "" : locationText(location)];
    // What names are lost for is told already.
    const told = severity === "error" ? "" : place.filter((part) => part !== "").join("  ");
    const lines = [...prose(message, ROOM, style), ...(told === "" ? [] : [style.paint("dim", told)])];
    const tone = SEVERITY_TONE[severity];
    const label = severity === "error" ? "Lost" : severity === "warning" ? "Note" : "Also";
    return [
      ...labelled(label, lines, ROOM, { ...style, paint: (_tone, text) => style.paint(tone, text) }),
      ...labelled("Do", remedyLines(remedy, ROOM, style), ROOM, style),
    ];
  });
}

function closing(plan: PlanDocument, style: Style): readonly string[] {
  const { assumptions, unchecked, clusterDomain, changes } = plan;
  const ending = changes.length === 0 ? [] : [`Names end in .NAMESPACE.svc.${clusterDomain}.`];
  const notes = [...ending, ...assumptions].flatMap((line) => prose(line, 0, style));
  return [
    ...unchecked.flatMap(({ reason }) => labelled("Not told:", prose(reason, 10, style), 10, style)),
    ...notes.map((line) => style.paint("dim", line)),
    style.paint("strong", sentence(summaryText(plan))),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
