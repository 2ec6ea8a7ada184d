/** Ranges of code points that take two columns in a terminal (East Asian Wide and Fullwidth, emoji), without the rarest. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin the codes that are passed over.
const COLOUR = /\u001b\[[0-9;]*m/g;
const COMBINING = /^\p{M}$/u;

/** The columns that a text takes in a terminal; our own colour codes take none. */
export function widthOf(text: string): number {
  // Plain ASCII, the usual case, needs no look at each character.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text.replace(COLOUR, "")) {
    const code = char.codePointAt(0) ?? 0;
    // Punctuation and symbols of one column, as our own are: no look at the tables of Unicode, which take a while to load.
    if (code < 0x300 || (code >= 0x2010 && code <= 0x2319)) {
      width += 1;
      continue;
    }
    if (COMBINING.test(char)) continue;
    width += WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
  }
  return width;
}

/** The text with spaces behind it, up to `width` columns. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** The text cut to `width` columns, with `mark` at its end where something was cut off. Only for text without colours. */
export function cutTo(text: string, width: number, mark: string): string {
  if (widthOf(text) <= width) return text;
  let room = width - widthOf(mark);
  let end = 0;
  for (const char of text) {
    room -= widthOf(char);
    if (room < 0) break;
    end += char.length;
  }
  return `${text.slice(0, end).trimEnd()}${mark}`;
}

/**
 * The text as lines of at most `width` columns, broken at spaces. A word that is longer than a line is kept whole:
 * names, paths and commands must survive copying.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.split(" ")) {
    if (word === "") continue;
    const columns = widthOf(word);
    if (used > 0 && used + 1 + columns > width) {
      lines.push(line);
      line = word;
      used = columns;
    } else {
      line = used === 0 ? word : `${line} ${word}`;
      used += columns + (used === 0 ? 0 : 1);
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}
