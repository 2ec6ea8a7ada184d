import { OWN_FQDN, type OwnPod, UNKNOWN, type Variables } from "./variables.ts";

/** Private-use characters from here on stand for the variables of loops, in the order of the list. */
const FIRST_LOOP = 0xe010;
const MOST_LOOPS = 16;
/** Values of a loop that are followed: no list of peers is longer. */
const MOST_VALUES = 1000;

/** A text in which variables stand as their values; those of loops as a character each, with all values beside it. */
export interface ShellText {
  readonly text: string;
  readonly loops: ReadonlyMap<string, readonly string[]>;
}

const NO_LOOPS: ShellText["loops"] = new Map();

/**
 * What a shell would make of a script's variables, as far as nothing has to be run: `$NAME`, `${NAME}`, `${NAME##*-}` and
 * `${NAME%-*}`, `$(hostname)`, assignments, and loops over `$(seq 0 2)`, `{0..2}` or words. All else becomes UNKNOWN.
 * Other programs that put variables into their configuration write them the same way. Takes time linear in the text.
 */
export function expandShell(text: string, environment: Variables, pod: OwnPod): ShellText {
  if (!text.includes("$") && !text.includes("`") && !text.includes("..")) return { text, loops: NO_LOOPS };
  const scope: Scope = { variables: new Map(environment), loops: new Map(), pod };
  if (!scope.variables.has("HOSTNAME")) scope.variables.set("HOSTNAME", pod.hostname);
  readAssignments(text, scope);
  readLoops(text, scope);
  const expanded = expandBraces(expand(text, scope), scope);
  return { text: expanded, loops: scope.loops };
}

interface Scope {
  readonly variables: Map<string, string | null>;
  readonly loops: Map<string, readonly string[]>;
  readonly pod: OwnPod;
}

const ASSIGNMENT =
  /(?:^|[;&|\n]|\bexport\b|\blocal\b|\bdo\b|\bthen\b)[ \t]*([A-Za-z_][A-Za-z0-9_]{0,99})=("[^"\n]{0,500}"|'[^'\n]{0,500}'|[^\s;&|"']{0,500})/g;

/** A variable that is set to different things in one script depends on how it runs. */
function readAssignments(text: string, scope: Scope): void {
  if (!text.includes("=")) return;
  const seen = new Set<string>();
  for (const [, name = "", written = ""] of text.matchAll(ASSIGNMENT)) {
    const quoted = /^["']/.test(written);
    const value = written.startsWith("'")
      ? written.slice(1, -1)
      : expand(quoted ? written.slice(1, -1) : written, scope);
    const known = value.includes(UNKNOWN) ? null : value;
    const before = scope.variables.get(name);
    // `NAME=$` ends here where a command follows: its output is not known.
    const differs = seen.has(name) && before !== known;
    scope.variables.set(name, differs ? null : known);
    seen.add(name);
  }
}

const LOOP = /\bfor[ \t]+([A-Za-z_][A-Za-z0-9_]{0,99})[ \t]+in[ \t]+([^;\n]{1,2000})/g;

function readLoops(text: string, scope: Scope): void {
  if (!text.includes("for")) return;
  for (const [, name = "", words = ""] of text.matchAll(LOOP)) {
    const values = valuesOf(words.trim(), scope);
    if (values === null || scope.loops.size >= MOST_LOOPS) {
      scope.variables.set(name, null);
      continue;
    }
    const sign = String.fromCharCode(FIRST_LOOP + scope.loops.size);
    scope.loops.set(sign, values);
    scope.variables.set(name, sign);
  }
}

/** The words that a loop goes over; null where they are not known. */
function valuesOf(words: string, scope: Scope): readonly string[] | null {
  const counted = /^["']?(?:\$\(|`)[ \t]*seq[ \t]+([^`]{1,200}?)[ \t]*(?:\)|`)["']?$/.exec(words)?.[1];
  if (counted !== undefined) return counts(expand(arithmetic(counted, scope), scope));
  const braces = /^\{(-?\d{1,6})\.\.(-?\d{1,6})\}$/.exec(expand(words, scope));
  if (braces !== null) return range(Number(braces[1]), Number(braces[2]));
  const plain = expand(words, scope);
  if (plain.includes(UNKNOWN) || /[`$*?[{(]/.test(plain)) return null;
  const list = plain.split(/[\s"']+/).filter((word) => word !== "");
  return list.length > MOST_VALUES ? null : list;
}

/** `$((REPLICAS - 1))` and the like: one sum or difference. */
function arithmetic(text: string, scope: Scope): string {
  return text.replace(/\$\(\(([^()]{1,100})\)\)/g, (_, inner: string) => {
    const sum = /^\s*(\$?\{?\w+\}?)\s*([-+])\s*(\$?\{?\w+\}?)\s*$/.exec(inner);
    if (sum === null) return UNKNOWN;
    const [left, right] = [sum[1], sum[3]].map((word = "") => {
      const name = word.replace(/[${}]/g, "");
      return /^\d+$/.test(name) ? Number(name) : Number(scope.variables.get(name) ?? Number.NaN);
    });
    const value = sum[2] === "+" ? Number(left) + Number(right) : Number(left) - Number(right);
    return Number.isSafeInteger(value) ? String(value) : UNKNOWN;
  });
}

function counts(text: string): readonly string[] | null {
  const numbers = text.split(/\s+/);
  if (numbers.length > 2 || !numbers.every((one) => /^-?\d{1,6}$/.test(one))) return null;
  const [first = "1", last] = numbers;
  return last === undefined ? range(1, Number(first)) : range(Number(first), Number(last));
}

function range(first: number, last: number): readonly string[] | null {
  const length = last - first + 1;
  if (length > MOST_VALUES) return null;
  return Array.from({ length: Math.max(0, length) }, (_, step) => String(first + step));
}

/** `$NAME`, `${NAME}`, `${NAME...}`, `$(command)` and backquotes. */
function expand(text: string, scope: Scope): string {
  let expanded = "";
  let at = 0;
  for (;;) {
    const next = nextSign(text, at);
    if (next < 0) return expanded + text.slice(at);
    expanded += text.slice(at, next);
    const { value, end } = oneExpansion(text, next, scope);
    expanded += value;
    at = end;
  }
}

function nextSign(text: string, from: number): number {
  const dollar = text.indexOf("$", from);
  const quote = text.indexOf("`", from);
  if (dollar < 0) return quote;
  return quote < 0 ? dollar : Math.min(dollar, quote);
}

interface Expanded {
  readonly value: string;
  readonly end: number;
}

/** Bounds the search for the end of one expansion, so that a text of opening signs takes no longer than another. */
const LONGEST = 300;

function oneExpansion(text: string, at: number, scope: Scope): Expanded {
  if (text[at] === "`") {
    const end = text.slice(at + 1, at + LONGEST).indexOf("`");
    return end < 0
      ? { value: UNKNOWN, end: at + 1 }
      : { value: output(text.slice(at + 1, at + 1 + end), scope), end: at + end + 2 };
  }
  const next = text[at + 1] ?? "";
  if (next === "{" || next === "(") {
    const end = closing(text, at + 1, next);
    if (end < 0) return { value: UNKNOWN, end: at + 2 };
    const inner = text.slice(at + 2, end);
    return { value: next === "{" ? parameter(inner, scope) : output(inner, scope), end: end + 1 };
  }
  const name = /^[A-Za-z_][A-Za-z0-9_]{0,99}/.exec(text.slice(at + 1, at + 101))?.[0];
  if (name === undefined) return { value: UNKNOWN, end: at + 1 };
  return { value: scope.variables.get(name) ?? UNKNOWN, end: at + 1 + name.length };
}

function closing(text: string, open: number, sign: "{" | "("): number {
  const close = sign === "{" ? "}" : ")";
  let depth = 0;
  for (let at = open; at < text.length && at < open + LONGEST; at += 1) {
    if (text[at] === sign) depth += 1;
    else if (text[at] === close) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** What stands in `${...}`. */
function parameter(inner: string, { variables }: Scope): string {
  const [, name = "", operator = "", word = ""] = /^([A-Za-z_][A-Za-z0-9_]*)(:?[-=]|##?|%%?)?(.*)$/s.exec(inner) ?? [];
  const value = variables.get(name) ?? null;
  if (operator === "") return word === "" ? (value ?? UNKNOWN) : UNKNOWN;
  if (/^:?[-=]$/.test(operator)) return value ?? (variables.has(name) || !isPlain(word) ? UNKNOWN : word);
  if (value === null) return UNKNOWN;
  if (word === "*-") return value.slice((operator === "##" ? value.lastIndexOf("-") : value.indexOf("-")) + 1);
  const cut = operator === "%%" ? value.indexOf("-") : value.lastIndexOf("-");
  if (word === "-*") return cut < 0 ? value : value.slice(0, cut);
  return UNKNOWN;
}

function isPlain(word: string): boolean {
  return /^[A-Za-z0-9._-]*$/.test(word);
}

/** What stands in `$(...)`: only what a Pod's own names tell without running it. */
function output(command: string, { pod }: Scope): string {
  const words = command.trim();
  if (/^hostname(\s+(-s|--short))?$/.test(words)) return pod.hostname ?? UNKNOWN;
  if (/^hostname\s+(-f|--fqdn|--long)$/.test(words)) return OWN_FQDN;
  return UNKNOWN;
}

/** `web-{0..2}.web`: what a shell makes several words of. */
function expandBraces(text: string, { loops }: Scope): string {
  if (!text.includes("..")) return text;
  return text.replace(/\{(\d{1,6})\.{2,3}(\d{1,6})\}/g, (whole, first: string, last: string) => {
    const values = range(Number(first), Number(last));
    if (values === null || loops.size >= MOST_LOOPS) return whole;
    const sign = String.fromCharCode(FIRST_LOOP + loops.size);
    loops.set(sign, values);
    return sign;
  });
}

/** All that a word with loop variables stands for; the word alone where there are none. */
export function spread(word: string, loops: ShellText["loops"]): readonly string[] {
  let words: readonly string[] = [word];
  for (const [sign, values] of loops) {
    if (!word.includes(sign)) continue;
    words = words.flatMap((one) => values.map((value) => one.replaceAll(sign, value))).slice(0, MOST_VALUES);
  }
  return words;
}
