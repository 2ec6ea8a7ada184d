import { type Place, placesInTemplate } from "./template-places.ts";

/** A document of a template: its lines from `from` on, to before `to`. */
interface TemplateDocument {
  readonly from: number;
  readonly to: number;
  /** More than one where a condition chooses. */
  readonly kinds: ReadonlySet<string>;
}

/**
 * Finds where the lines of each text stand that helm made of one template. Of a template with several documents a text is
 * looked for in the one that it was made of, since documents are much alike: the texts of a kind come in the order of the
 * template's documents of that kind (helm sorts by kind, and leaves equal ones as they are). Where a loop or a condition
 * makes more or fewer of them than there are documents, it is the one that shares most lines with the text; where two do, it
 * may stand anywhere.
 */
export function placesOfTexts(template: string, texts: readonly string[]): readonly Place[] {
  const lines = template.split("\n");
  const documents = documentsOf(lines);
  const kinds = texts.map((text) => kindsIn(text.split("\n")).values().next().value ?? null);
  const met = new Map<string, number>();
  return texts.map((text, at): Place => {
    const kind = kinds[at] ?? null;
    const candidates = kind === null ? [] : documents.filter((document) => document.kinds.has(kind));
    const before = kind === null ? 0 : (met.get(kind) ?? 0);
    if (kind !== null) met.set(kind, before + 1);
    const asMany = candidates.length === kinds.filter((one) => one === kind).length;
    const document = asMany ? candidates[before] : mostAlike(candidates, lines, text);
    if (document === undefined) return placesInTemplate(template, text);
    const { from, to } = document;
    const place = placesInTemplate(lines.slice(from, to).join("\n"), text);
    return (position) => {
      const { line, column } = place(position);
      return { line: line + from, column };
    };
  });
}

function mostAlike(
  documents: readonly TemplateDocument[],
  lines: readonly string[],
  text: string,
): TemplateDocument | undefined {
  const made = textsOf(text.split("\n"));
  const shared = documents.map(
    ({ from, to }) => [...textsOf(lines.slice(from, to))].filter((one) => made.has(one)).length,
  );
  const most = Math.max(...shared);
  return shared.indexOf(most) === shared.lastIndexOf(most) ? documents[shared.indexOf(most)] : undefined;
}

function textsOf(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.map((line) => line.trim()).filter((line) => line !== ""));
}

function documentsOf(lines: readonly string[]): readonly TemplateDocument[] {
  const ends = [...lines.keys()].filter((at) => /^---(?:\s|$)/.test(lines[at] ?? ""));
  return [-1, ...ends].map((start, index) => {
    const [from, to] = [start + 1, ends[index] ?? lines.length];
    return { from, to, kinds: kindsIn(lines.slice(from, to)) };
  });
}

/** The kinds of objects that lines tell, in their order. */
function kindsIn(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => /^kind:\s*["']?([A-Za-z]+)/.exec(line)?.[1] ?? []));
}
