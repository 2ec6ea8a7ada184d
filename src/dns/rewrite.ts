import type { PluginReading } from "./corefile-plugins.ts";
import type { Directive } from "./corefile-syntax.ts";
import { goRegExp } from "./go-regexp.ts";
import type { ResourceRecord, SoaData, SrvData } from "./records.ts";

/** What a rule does to the records of the answer. */
export type ResponseRule =
  /** To owner names, or to the names inside of records (targets of SRV, CNAME, PTR, NS; MNAME of SOA). */
  | { readonly kind: "name" | "value"; rewrite(name: string): string }
  | { readonly kind: "ttl"; readonly min: number; readonly max: number };

interface Question {
  readonly name: string;
  readonly type: string;
}

interface Rewritten {
  readonly question: Question;
  readonly response: readonly ResponseRule[];
}

/** One `rewrite` line. */
export interface RewriteRule {
  readonly line: number;
  /** For people: `name exact a.example. b.example.`. */
  readonly text: string;
  /** No further rule is tried once this one did something. */
  readonly stop: boolean;
  /** null: the rule does not concern the question. "unknown": what it does is not worked out here. */
  apply(question: Question): Rewritten | null | "unknown";
}

export interface RewriteOutcome extends Rewritten {
  /** The rules that did something, in order; a rule that only changes TTLs is one of them. */
  readonly applied: readonly RewriteRule[];
  /** The last of them ended it; where none did, CoreDNS may answer with the question as it was rewritten. */
  readonly stopped: boolean;
}

/** Runs the rules over a question (plugin/rewrite/rewrite.go ServeDNS). "unknown" where one of them cannot be worked out. */
export function rewriteQuestion(rules: readonly RewriteRule[], question: Question): RewriteOutcome | "unknown" {
  let current = question;
  const response: ResponseRule[] = [];
  const applied: RewriteRule[] = [];
  let stopped = false;
  for (const rule of rules) {
    const done = rule.apply(current);
    if (done === "unknown") return "unknown";
    if (done === null) continue;
    applied.push(rule);
    response.push(...done.response);
    current = done.question;
    stopped = rule.stop;
    if (stopped) break;
  }
  return { question: current, response, applied, stopped };
}

/** A record as the rules hand it back: the last rule first (reverter.go rewriteResourceRecord). */
export function rewriteRecord(rules: readonly ResponseRule[], record: ResourceRecord): ResourceRecord {
  let { name, ttl, data } = record;
  for (const rule of [...rules].reverse()) {
    if (rule.kind === "ttl") ttl = Math.min(Math.max(ttl, rule.min), rule.max);
    else if (rule.kind === "name") name = rule.rewrite(name);
    else data = rewriteValue(record.type, data, rule.rewrite);
  }
  return { ...record, name, ttl, data };
}

const NAME_TYPES = new Set(["CNAME", "PTR", "NS"]);

function rewriteValue(type: string, data: ResourceRecord["data"], rewrite: (name: string) => string) {
  if (data === null) return null;
  if (typeof data === "string") return NAME_TYPES.has(type) ? rewrite(data) : data;
  return "target" in data ? rewriteSrv(data, rewrite) : rewriteSoa(data, rewrite);
}

function rewriteSrv(data: SrvData, rewrite: (name: string) => string): SrvData {
  return { ...data, target: rewrite(data.target) };
}

export function rewriteSoa(data: SoaData, rewrite: (name: string) => string): SoaData {
  return { ...data, mname: rewrite(data.mname) };
}

/** Reads one `rewrite` directive, on a line or in braces (plugin/rewrite/setup.go, name.go, ttl.go, type.go). */
export function readRewrite(directive: Directive, reading: Pick<PluginReading, "error">): RewriteRule {
  const { line } = directive;
  const words =
    directive.words.length < 2
      ? [...directive.words, ...directive.block.flatMap((sub) => sub.words)]
      : [...directive.words];
  const text = words.join(" ");
  const mode = (words[0] ?? "").toLowerCase();
  const explicit = mode === "continue" || mode === "stop";
  const [kind = "", ...args] = explicit ? words.slice(1) : words;
  const fault = faultOf(kind.toLowerCase(), args);
  if (fault !== null) reading.error(line, `rewrite ${fault}`);
  return { line, text, stop: mode !== "continue", apply: applierOf(kind.toLowerCase(), args) };
}

const KINDS = ["name", "class", "type", "edns0", "ttl", "cname", "rcode"];
const MATCHES = ["exact", "prefix", "suffix", "substring", "regex"];

/** Why CoreDNS does not take a rule (rewrite.go newRule, name.go newNameRule); null where nothing is found. */
function faultOf(kind: string, args: readonly string[]): string | null {
  if (!KINDS.includes(kind)) return `does not know ${kind === "" ? "a rule without a kind" : kind}`;
  switch (kind) {
    case "name":
      return nameFaultOf(args);
    case "type":
    case "class":
      return args.length === 2 ? null : `${kind} needs what to rewrite and its replacement`;
    case "ttl":
      return ttlFaultOf(args);
    case "edns0":
      return ["set", "replace", "append", "unset"].includes((args[1] ?? "").toLowerCase())
        ? null
        : `edns0 must set, replace, append or unset, not ${args[1] ?? "empty"}`;
    default:
      return null;
  }
}

function nameFaultOf(args: readonly string[]): string | null {
  if (args.length < 2) return "name needs a name and its replacement";
  const [match = "", pattern = "", , ...answer] = args.length === 2 ? ["exact", args[0]] : args;
  if (!MATCHES.includes(match.toLowerCase())) return `name does not know ${match}`;
  // Go has none of these.
  if (match.toLowerCase() === "regex" && /\(\?<?[=!]/.test(pattern)) {
    return `name regex cannot look ahead or behind: ${pattern}`;
  }
  for (let at = 0; at < answer.length; ) {
    if (answer[at] === "answer") at += 1;
    const kind = answer[at] ?? "empty";
    if (kind !== "auto" && kind !== "name" && kind !== "value")
      return `answer must be auto, name or value, not ${kind}`;
    if (kind !== "auto" && at + 2 >= answer.length) return `answer ${kind} needs a pattern and its replacement`;
    at += kind === "auto" ? 1 : 3;
  }
  return null;
}

function ttlFaultOf(args: readonly string[]): string | null {
  if (args.length < 2 || args.length > 3) return "ttl needs a name and a TTL";
  const [match = ""] = args.length === 3 ? args : ["exact"];
  if (!MATCHES.includes(match.toLowerCase())) return `ttl does not know ${match}`;
  const [, least, most] = /^([0-9]*)(?:-([0-9]*))?$/.exec(args.at(-1) ?? "") ?? [];
  const isRange = most !== undefined && (least !== "" || most !== "") && (most === "" || Number(least) <= Number(most));
  return isRange || (most === undefined && Boolean(least)) ? null : `ttl is no TTL: ${args.at(-1)}`;
}

function applierOf(kind: string, args: readonly string[]): RewriteRule["apply"] {
  switch (kind) {
    case "name":
      return nameRule(args);
    case "ttl":
      return ttlRule(args);
    case "type": {
      const [from = "", to = ""] = args.map((word) => word.toUpperCase());
      return (question) => (question.type === from ? { question: { ...question, type: to }, response: [] } : null);
    }
    case "class":
      // Only questions of class IN are asked here.
      return (args[0] ?? "").toUpperCase() === "IN" ? () => "unknown" : () => null;
    case "edns0":
      return edns0Rule(args);
    default:
      return () => "unknown";
  }
}

/**
 * An EDNS0 option changes no answer, but a rule that did something ends the others unless it says `continue`: `set`, `append`
 * and `unset` always do, `replace` only where the client sends the option, as none does here (plugin/rewrite/edns0.go).
 */
function edns0Rule([, action = "", , data = ""]: readonly string[]): RewriteRule["apply"] {
  if (action.toLowerCase() === "replace") return () => null;
  // Where metadata has no value, the rule does nothing.
  return /^\{.*\/.*\}$/.test(data) ? () => "unknown" : (question) => ({ question, response: [] });
}

/** Lower case, with a dot at the end: what plugin.Name.Normalize makes even of prefixes and parts of names. */
function normalize(text: string): string {
  const lower = text.toLowerCase();
  return lower.endsWith(".") ? lower : `${lower}.`;
}

/** How a rule's text is looked for in a name, and what it makes of it; null: it cannot be told. */
interface Matcher {
  matches(name: string): boolean;
  replace(name: string): string;
}

function matcherOf(kind: string, from: string, to: string): Matcher | null {
  switch (kind) {
    case "exact":
      return { matches: (name) => name === from, replace: () => to };
    case "prefix":
      return { matches: (name) => name.startsWith(from), replace: (name) => to + name.slice(from.length) };
    case "suffix":
      return {
        matches: (name) => name.endsWith(from),
        replace: (name) => name.slice(0, name.length - from.length) + to,
      };
    case "substring":
      return { matches: (name) => name.includes(from), replace: (name) => name.replaceAll(from, to) };
    case "regex": {
      const pattern = goRegExp(from);
      if (pattern === null) return null;
      return {
        matches: (name) => pattern.test(name),
        replace: (name) => substitute(pattern, name, to) ?? name,
      };
    }
    default:
      return null;
  }
}

/** `{1}` in the replacement is the first group, as in plugin/rewrite; null where the pattern does not match. */
function substitute(pattern: RegExp, text: string, to: string): string | null {
  const groups = pattern.exec(text);
  if (groups === null) return null;
  return groups.reduce((result, group, index) => result.replaceAll(`{${index}}`, () => group ?? ""), to);
}

function nameRule(args: readonly string[]): RewriteRule["apply"] {
  const short = args.length === 2;
  const kind = short ? "exact" : (args[0] ?? "").toLowerCase();
  const [rawFrom = "", rawTo = ""] = short ? args : args.slice(1);
  const from = kind === "regex" ? rawFrom : normalize(rawFrom);
  const to = normalize(rawTo);
  const matcher = matcherOf(kind, from, to);
  const answer = answerRules(args.slice(3));
  if (matcher === null || answer === null) return () => "unknown";
  const suffixBack: readonly ResponseRule[] =
    kind === "suffix" && answer.auto
      ? bothWays((name) => (name.endsWith(to) ? name.slice(0, -to.length) + from : name))
      : [];
  const auto = kind === "exact" || (answer.auto && kind !== "suffix");
  return (question) => {
    if (!matcher.matches(question.name)) return null;
    const name = matcher.replace(question.name);
    const back = auto ? bothWays(remap(name, question.name)) : suffixBack;
    return { question: { ...question, name }, response: [...back, ...answer.rules] };
  };
}

function bothWays(rewrite: (name: string) => string): readonly ResponseRule[] {
  return [
    { kind: "name", rewrite },
    { kind: "value", rewrite },
  ];
}

/** Turns a name, and what lies below it, back to what was asked (name.go remapStringRewriter). */
function remap(from: string, to: string): (name: string) => string {
  return (name) => {
    if (name === from) return to;
    return name.endsWith(`.${from}`) ? name.slice(0, name.length - from.length) + to : name;
  };
}

/** `answer auto`, `answer name FROM TO`, `answer value FROM TO`, in any number (name.go parseAnswerRules). */
function answerRules(
  args: readonly string[],
): { readonly auto: boolean; readonly rules: readonly ResponseRule[] } | null {
  const rules: ResponseRule[] = [];
  let auto = false;
  for (let at = 0; at < args.length; ) {
    if (args[at] === "answer") at += 1;
    const kind = args[at];
    at += 1;
    if (kind === "auto") {
      auto = true;
    } else if (kind === "name" || kind === "value") {
      const pattern = goRegExp(args[at] ?? "");
      const to = normalize(args[at + 1] ?? "");
      if (pattern === null) return null;
      rules.push({ kind, rewrite: (name) => substitute(pattern, name, to) ?? name });
      at += 2;
    } else {
      return null;
    }
  }
  return { auto, rules };
}

function ttlRule(args: readonly string[]): RewriteRule["apply"] {
  const kind = args.length === 3 ? (args[0] ?? "").toLowerCase() : "exact";
  const from = args.at(-2) ?? "";
  const matcher = matcherOf(kind, kind === "regex" ? from : normalize(from), "");
  const range = /^([0-9]*)(-)?([0-9]*)$/.exec(args.at(-1) ?? "");
  if (matcher === null || range === null) return () => "unknown";
  const [, low = "", dash, high = ""] = range;
  const min = Number(low);
  const max = dash === undefined ? min : high === "" ? 2147483647 : Number(high);
  return (question) => (matcher.matches(question.name) ? { question, response: [{ kind: "ttl", min, max }] } : null);
}
