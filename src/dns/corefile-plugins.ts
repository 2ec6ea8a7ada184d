import { parseIp } from "../kubernetes/ip.ts";
import { type NameTable, PLUGINS, standingOf, TEMPLATE_OPTIONS } from "./coredns-names.ts";
import type { CorefileSurroundings, Directive } from "./corefile-syntax.ts";
import { goRegExp } from "./go-regexp.ts";
import { parseName } from "./name.ts";
import { originsOf, zonesOf } from "./zones.ts";

/** The zones for which a plugin hands a name it does not have to the next one; empty: none. */
export type Fallthrough = readonly string[];

/** `hosts`: addresses by name. */
export interface HostsOptions {
  readonly line: number;
  readonly zones: readonly string[];
  readonly ttl: number;
  readonly byName: ReadonlyMap<string, readonly string[]>;
  readonly byAddress: ReadonlyMap<string, readonly string[]>;
  readonly fallthrough: Fallthrough;
  /** The file that it reads besides, where its content is not known. */
  readonly unreadFile: string | null;
}

/** One `template`. */
export interface TemplateOptions {
  readonly line: number;
  readonly zones: readonly string[];
  /** `IN`, or `ANY`; those of others answer nothing that is asked here. */
  readonly class: string;
  /** "ANY" matches every type. */
  readonly type: string;
  /** null: a pattern that cannot be tried here. */
  readonly patterns: readonly (RegExp | null)[];
  readonly rcode: string;
  /** It writes records, which are not worked out. */
  readonly writes: boolean;
  readonly fallthrough: Fallthrough;
}

export interface AclRule {
  readonly line: number;
  readonly zones: readonly string[];
  readonly policies: readonly {
    readonly action: "allow" | "block" | "filter" | "drop";
    /** null: every type. */
    readonly types: readonly string[] | null;
    /** null: every client. */
    readonly nets: readonly string[] | null;
  }[];
}

export interface AutopathOptions {
  readonly line: number;
  readonly zones: readonly string[];
  /** `@kubernetes`, or a file. */
  readonly source: string;
}

export interface ForwardOptions {
  readonly line: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly except: readonly string[];
}

export interface PluginReading {
  readonly blockZones: readonly string[];
  readonly surroundings: CorefileSurroundings;
  /** Of the CoreDNS that loads it; null where it is not known. */
  readonly version: string | null;
  /** CoreDNS would not load the Corefile. */
  error(line: number, message: string): void;
  /** It would not, unless its build is a special one. */
  suspect(line: number, message: string): void;
}

/** Tells of a name that the version does not know. `what` it names: `plugin`, `option of kubernetes`. */
export function judgeName(
  { version, error, suspect }: Pick<PluginReading, "version" | "error" | "suspect">,
  table: NameTable,
  what: string,
  name: string,
  line: number,
): void {
  if (!Object.hasOwn(table, name) && Object.hasOwn(PLUGINS, name)) {
    error(line, `${name} is a plugin and no ${what}: a closing brace is missing above`);
    return;
  }
  const standing = standingOf(table, name, version);
  switch (standing.is) {
    case "taken":
      break;
    case "removed":
      (standing.surely ? error : suspect)(line, `${name} is no ${what} any more since CoreDNS ${standing.with}`);
      break;
    case "to-come":
      suspect(line, `${name} is no ${what} before CoreDNS ${standing.with}, and ${version} runs`);
      break;
    case "misspelled":
      suspect(line, `${name} is no ${what}; did you mean ${standing.meant}?`);
      break;
    default:
      standing satisfies never;
  }
}

export const intOf = (text: string | undefined): number | null =>
  text !== undefined && /^-?[0-9]+$/.test(text) ? Number(text) : null;

/** Mirrors plugin/pkg/fall: without zones, everything falls through. */
export function fallthroughOf(args: readonly string[]): Fallthrough {
  return args.length === 0 ? ["."] : args.flatMap(zonesOf);
}

/** A duration as Go writes it (`1h30m`), in seconds; null where it is none. */
export function durationOf(text: string | undefined): number | null {
  if (text === "0") return 0;
  if (text === undefined || !/^[-+]?(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return null;
  const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    μs: 1e-6,
    ns: 1e-9,
  };
  let sum = 0;
  for (const [, amount, unit = ""] of text.matchAll(/([0-9.]+)([a-zµμ]+)/g)) sum += Number(amount) * (units[unit] ?? 0);
  return text.startsWith("-") ? -sum : sum;
}

/** A plain name made absolute and lower case; networks stay as they are (plugin.Name.Normalize). */
export function absolute(text: string): string {
  const parsed = parseName(text);
  return parsed.ok ? parsed.name.text : `${text.toLowerCase().replace(/\.$/, "")}.`;
}

/** The file that `hosts` reads unless it is given another. The kubelet writes it: these, and the Pod's own name. */
const OWN_HOSTS = "/etc/hosts";
const KUBELET_HOSTS = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
fe00::0 ip6-localnet ip6-mcastprefix
fe00::1 ip6-allnodes
fe00::2 ip6-allrouters`;

export function readHosts(directive: Directive, reading: PluginReading): HostsOptions {
  const { words, line } = directive;
  const file = words[0] ?? OWN_HOSTS;
  const zones = originsOf(words.slice(1), reading.blockZones);
  const contents = file === OWN_HOSTS ? [KUBELET_HOSTS] : reading.surroundings.files(file);
  let ttl = 3600;
  let reverse = true;
  let fallthrough: Fallthrough = [];
  const entries: (readonly string[])[] = [];
  for (const { words: sub, line: at } of directive.block) {
    const [property = "", ...args] = sub;
    if (property === "fallthrough") fallthrough = fallthroughOf(args);
    else if (property === "ttl") {
      const value = intOf(args[0]);
      if (value === null || value <= 0 || value > 65535) reading.error(at, "ttl of hosts must be from 1 to 65535");
      else ttl = value;
    } else if (property === "no_reverse") reverse = false;
    else if (property === "reload") {
      if (args.length !== 1 || (durationOf(args[0]) ?? -1) < 0) reading.error(at, "reload of hosts must be a duration");
    } else {
      // Behind it, a line of addresses is taken for an option (plugin/hosts/setup.go).
      if (fallthrough.length > 0) reading.error(at, `hosts takes no entries behind fallthrough: ${property}`);
      entries.push(sub);
    }
  }
  for (const text of (contents ?? []).join("\n").split("\n")) {
    entries.push(text.replace(/#.*$/s, "").trim().split(/\s+/));
  }
  const byName = new Map<string, string[]>();
  const byAddress = new Map<string, string[]>();
  for (const [address = "", ...names] of entries) {
    const ip = parseIp(address);
    if (ip === null) continue;
    for (const name of names.map(absolute)) {
      if (!zones.some((zone) => zone === "." || name === zone || name.endsWith(`.${zone}`))) continue;
      byName.set(name, [...(byName.get(name) ?? []), ip.text]);
      if (reverse) byAddress.set(ip.text, [...(byAddress.get(ip.text) ?? []), name]);
    }
  }
  return { line, zones, ttl, byName, byAddress, fallthrough, unreadFile: contents === null ? file : null };
}

const CLASSES = ["IN", "CS", "CH", "HS", "NONE", "ANY"];
/** As miekg/dns names them (StringToRcode); others, and small letters, are refused. */
const RCODES = [
  ...["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "NOTIMPL", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET"],
  ...["NOTAUTH", "NOTZONE", "DSOTYPENI", "BADSIG", "BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG"],
  ...["BADTRUNC", "BADCOOKIE"],
];

export function readTemplate(directive: Directive, reading: PluginReading): TemplateOptions {
  const [ofClass = "ANY", type = "ANY", ...zoneArgs] = directive.words;
  const patterns: (RegExp | null)[] = [];
  let rcode = "NOERROR";
  let writes = false;
  let fallthrough: Fallthrough = [];
  if (directive.words.length < 2) reading.error(directive.line, "template needs a class and a type");
  else if (!CLASSES.includes(ofClass)) reading.error(directive.line, `template does not know the class ${ofClass}`);
  for (const { words, line } of directive.block) {
    const [property = "", ...args] = words;
    judgeName(reading, TEMPLATE_OPTIONS, "option of template", property, line);
    const wants = ["match", "rcode", "answer", "additional", "authority"].includes(property);
    if (wants && args.length === 0) reading.error(line, `${property} of template needs a value`);
    else if (property === "rcode" && !RCODES.includes(args[0] ?? "")) {
      reading.error(line, `template does not know the rcode ${args[0]}`);
    }
    if (property === "match") patterns.push(...args.map(goRegExp));
    else if (property === "rcode") rcode = args[0] ?? rcode;
    else if (property === "fallthrough") fallthrough = fallthroughOf(args);
    else if (property === "answer" || property === "additional" || property === "authority") writes = true;
  }
  return {
    line: directive.line,
    zones: originsOf(zoneArgs, reading.blockZones),
    class: ofClass,
    type,
    patterns: patterns.length === 0 ? [/^/] : patterns,
    rcode,
    writes,
    fallthrough,
  };
}

export function readAcl(directive: Directive, reading: PluginReading): AclRule {
  const policies: AclRule["policies"][number][] = [];
  for (const { words, line } of directive.block) {
    const action = (words[0] ?? "").toLowerCase();
    if (action !== "allow" && action !== "block" && action !== "filter" && action !== "drop") {
      reading.error(line, `acl does not know ${action}`);
      continue;
    }
    const sections: { type: string[]; net: string[] } = { type: [], net: [] };
    let section: "type" | "net" | null = null;
    for (const word of words.slice(1)) {
      const lower = word.toLowerCase();
      if (lower === "type" || lower === "net") section = lower;
      else if (section !== null) sections[section].push(word);
    }
    const listed = (words: readonly string[]): readonly string[] | null =>
      words.length === 0 || words.includes("*") ? null : words;
    policies.push({ action, types: listed(sections.type), nets: listed(sections.net) });
  }
  return { line: directive.line, zones: originsOf(directive.words, reading.blockZones), policies };
}

export function readAutopath(directive: Directive, reading: PluginReading): AutopathOptions {
  const { words, line } = directive;
  if (words.length === 0) reading.error(line, "autopath needs a resolv.conf, or @kubernetes");
  return { line, zones: originsOf(words.slice(0, -1), reading.blockZones), source: words.at(-1) ?? "" };
}

export function readForward({ words, line, block }: Directive): ForwardOptions {
  const except = block.filter((sub) => sub.words[0] === "except").flatMap((sub) => sub.words.slice(1));
  return { line, from: zonesOf(words[0] ?? ".")[0] ?? ".", to: words.slice(1), except: except.flatMap(zonesOf) };
}
