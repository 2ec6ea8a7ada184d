import { labelled, prose, remedyLines, SEVERITY_TONE } from "./blocks.ts";
import type { FindingDocument } from "./document.ts";
import type { Style } from "./style.ts";

const ROOM = 6;

/** One finding in full: why, what was seen, what to do, which rule says so. */
export function diagnosisLines(finding: FindingDocument, style: Style): readonly string[] {
  const { message, evidence, remedy, rule } = finding;
  const why = prose(message, ROOM, style);
  const place = placeOf(finding);
  return [
    ...labelled("Why", place === "" ? why : [...why, style.paint("dim", place)], ROOM, style),
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

/** `spec.selector.app  manifests/mysql.yaml:7:10`; without a file the object in its place: `StatefulSet mysql  spec.serviceName`. */
function placeOf({ field, location, object }: FindingDocument): string {
  if (location !== undefined) {
    const where = `${location.file}:${location.line}:${location.column}`;
    return field === null ? where : `${field}  ${where}`;
  }
  return field === null || object === null ? "" : `${object.kind} ${object.name}  ${field}`;
}
