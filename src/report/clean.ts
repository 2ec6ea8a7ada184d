/**
 * The one place where foreign text (names, labels, annotations, messages, DNS answers) is made fit for a terminal or a
 * log: nothing that a renderer prints came around it.
 */

/** Control characters, invisible and direction-changing ones, line and paragraph separators: none may be printed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be kept out.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;
const NOT_ASCII = /[^\u0020-\u007e]/gu;

/** What nearly all text consists of: it needs no look at the tables of Unicode, which take a while to load. */
const HARMLESS = /^[\u0020-\u007e\u00b7]*$/;

/** Text for one line: line breaks and tabs become spaces, what cannot be printed becomes visible (`\x1b`, `\u{202e}`). */
export function cleanLine(text: string): string {
  if (HARMLESS.test(text)) return text;
  const line =
    text.includes("\n") || text.includes("\t") || text.includes("\r") ? text.replace(/[\r\n\t]+/g, " ") : text;
  return line.toWellFormed().replace(UNPRINTABLE, visible);
}

/** For terminals that show only ASCII, where other bytes may even be control characters. */
export function asciiLine(text: string): string {
  return text.replaceAll("·", "-").replaceAll("…", "...").replace(NOT_ASCII, visible);
}

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** A JSON or YAML text with the same meaning and no character that a terminal could take as a command. */
export function escapeInJson(json: string): string {
  // JSON.stringify has escaped everything below U+0020, so every line feed that is left is layout.
  if (/^[\n\u0020-\u007e\u00b7]*$/.test(json)) return json;
  return json
    .toWellFormed()
    .replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
      Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
        "",
      ),
    );
}

/** Fields whose text has lines: what is to be pasted. */
const WITH_LINES: ReadonlySet<string> = new Set(["remedy"]);

/**
 * A copy of a document with every text in it made printable, keys included; with `unicode` false as ASCII. Each renderer
 * of text begins with it.
 */
export function cleanDocument<T>(document: T, unicode: boolean): T {
  const one = (text: string): string => (unicode ? cleanLine(text) : asciiLine(cleanLine(text)));
  const walk = (value: unknown, lines: boolean): unknown => {
    if (typeof value === "string") return lines ? value.split(/\r?\n/).map(one).join("\n") : one(value);
    if (Array.isArray(value)) return value.map((item) => walk(item, lines));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [one(key), walk(item, WITH_LINES.has(key))]));
  };
  return walk(document, false) as T;
}
