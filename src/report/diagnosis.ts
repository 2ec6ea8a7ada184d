import { labelled, locationText, prose, remedyLines, SEVERITY_TONE } from "./blocks.ts";
import type { FindingDocument } from "./document.ts";
import type { Style } from "./style.ts";
import { widthOf } from "./width.ts";

const ROOM = 6;

/** One finding in full: why, what was seen, what to do, which rule says so. */
export function diagnosisLines(finding: FindingDocument, style: Style): readonly string[] {
  const { message, evidence, remedy, rule } = finding;
  const why = prose(message, ROOM, style);
  const place = placeLines(finding, style).map((line) => style.paint("dim", line));
  return [
    ...labelled("Why", [...why, ...place], ROOM, style),
    ...labelled(
      "Seen",
      evidence.flatMap((line) => prose(line, ROOM, style)),
      ROOM,
      style,
    ),
    ...labelled("Fix", remedyLines(remedy, ROOM, style), ROOM, style),
    ...labelled("Rule", [ruleLine(rule, style)], ROOM, style),
  ];
}

function ruleLine(rule: string, { program, width }: Style): string {
  const command = `${program} explain ${rule}`;
  const both = `${rule} (${command})`;
  return ROOM + both.length <= width ? both : command;
}

/** A finding beside the diagnosis: what kind, which rule, and its first sentence. */
export function alsoLines(finding: FindingDocument, style: Style): readonly string[] {
  const { severity, rule, message } = finding;
  const [first = "", ...rest] = prose(`${rule}: ${firstSentence(message)}`, ROOM + severity.length + 2, style);
  const indent = " ".repeat(severity.length + 2);
  return [`${style.paint(SEVERITY_TONE[severity], severity)}  ${first}`, ...rest.map((line) => `${indent}${line}`)];
}

/** The first sentence; a full stop inside a name or a number ends none. */
export function firstSentence(message: string): string {
  const end = /[.!?](?= [A-Z])/.exec(message);
  return end === null ? message : message.slice(0, end.index + 1);
}

/**
 * `spec.selector.app  manifests/mysql.yaml:7:10`; without a file the object in its place: `StatefulSet mysql
 * spec.serviceName`. Both halves are kept whole, below one another where a line does not hold them.
 */
function placeLines({ field, location, object }: FindingDocument, style: Style): readonly string[] {
  const halves = location === undefined ? [nameOf(object), field] : [field, locationText(location)];
  const given = halves.filter((half) => half !== null);
  // An object alone says nothing that the message does not say.
  if (location === undefined && given.length < 2) return [];
  const line = given.join("  ");
  return ROOM + widthOf(line) <= style.width ? [line] : given;
}

function nameOf(object: FindingDocument["object"]): string | null {
  return object === null ? null : `${object.kind} ${object.name}`;
}
