import { type ShellText, spread } from "./shell.ts";

/** A word of a text that may be a host's name. */
export interface HostWord {
  /** Lower case, without a dot at the end. */
  readonly host: string;
  /** Written with a dot at the end: no search list is applied to it. */
  readonly absolute: boolean;
  /** What shows that it is a host and nothing else; null where nothing does. */
  readonly sign: "scheme" | "port" | "at" | null;
  /** Where it begins in the text that was read. */
  readonly at: number;
}

/** Whatever a name can be made of; private-use characters stand for what is not known. */
const WORD = /[A-Za-z0-9._\-\ue000-\uf8ff]+/g;
/** A word is no whole name where one of these touches it: the rest of it is made by something else, or it is an example. */
const OPEN_BEFORE: ReadonlySet<string> = new Set(["$", ..."{}]*%<\\^|~"]);
const OPEN_AFTER: ReadonlySet<string> = new Set(["$", ..."{}[*%>\\^|~"]);
const LONGEST_NAME = 253;

/**
 * The words of a text that may be hosts, in linear time. Left out is what cannot be one: parts of paths, words that are made
 * only in part of what is known, and what letters, digits, dots and hyphens do not make.
 */
export function hostWords({ text, loops }: ShellText): readonly HostWord[] {
  const found: HostWord[] = [];
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const at = match.index;
    const sign = signOf(text, at, at + word.length);
    if (sign === undefined) continue;
    for (const one of loops.size === 0 ? [word] : spread(word, loops)) {
      const host = hostOf(one);
      if (host !== null) found.push({ ...host, sign, at });
    }
  }
  return found;
}

/** undefined: what stands around it shows that it is no host. */
function signOf(text: string, start: number, end: number): HostWord["sign"] | undefined {
  const before = text[start - 1] ?? "";
  const after = text[end] ?? "";
  if (OPEN_BEFORE.has(before) || OPEN_AFTER.has(after)) return undefined;
  const scheme = before === "/" && text[start - 2] === "/" && text[start - 3] === ":";
  if (before === "/" && !scheme) return undefined;
  if (after === ":" && isPort(text, end + 1)) return scheme ? "scheme" : "port";
  if (after === "@" || after === "(") return undefined;
  if (scheme) return "scheme";
  return before === "@" ? "at" : null;
}

function isPort(text: string, start: number): boolean {
  let end = start;
  while (end < start + 6 && isDigit(text.charCodeAt(end))) end += 1;
  const next = text[end] ?? "";
  return end > start && end < start + 6 && !/[A-Za-z0-9._-]/.test(next);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const HOST = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$/;

function hostOf(word: string): Pick<HostWord, "host" | "absolute"> | null {
  // Sentences and flags: a name begins with neither a hyphen nor a dot, and a dot may end it.
  const bare = word.replace(/^-+/, "").replace(/[.-]+$/, "");
  if (bare.length > LONGEST_NAME || !HOST.test(bare)) return null;
  return { host: bare.toLowerCase(), absolute: word.endsWith(".") };
}
