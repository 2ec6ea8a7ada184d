import type { FieldPath } from "../../objects/origin.ts";
import { aliasedTo, type Container, type Probe } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { hostWords } from "../../trace/references/hosts.ts";
import { expandShell } from "../../trace/references/shell.ts";
import { containersOf, type PlacedContainer } from "../../trace/references/texts.ts";
import { environmentOf, expandReferences, OWN_FQDN, ownPod } from "../../trace/references/variables.ts";
import { shortened } from "../../trace/trouble.ts";

/** Names that a container must look up before its Pod can be Ready. */
export interface StartLookup {
  readonly container: Container;
  /** `init container wait`, `container web`, `readiness probe of container web`. */
  readonly where: string;
  readonly field: FieldPath;
  readonly command: string;
  /** Asks DNS itself: the Pod's own line in /etc/hosts does not help. */
  readonly asksDns: boolean;
  /** Lower case, without a dot at the end; OWN_FQDN for the Pod's own full name. */
  readonly hosts: readonly string[];
  /** The command as it is written. */
  readonly written: string;
}

const ASK_DNS: ReadonlySet<string> = new Set(["nslookup", "dig", "host", "drill", "kdig"]);
/** They fail where the name does not resolve. */
const CONNECT: ReadonlySet<string> = new Set(["getent", "ping", "ping6", "nc", "ncat", "netcat", "telnet"]);
/** Their URLs name the host. */
const FETCH: ReadonlySet<string> = new Set(["curl", "wget"]);
/** Only `-h` names the host: other words are users and databases. */
const CLIENTS: ReadonlySet<string> = new Set([
  ...[
    "mysql",
    "mysqladmin",
    "mariadb",
    "mariadb-admin",
    "pg_isready",
    "psql",
    "redis-cli",
    "valkey-cli",
    "mongo",
    "mongosh",
  ],
]);
const ANY = new RegExp(`\\b(${[...ASK_DNS, ...CONNECT, ...FETCH, ...CLIENTS].join("|")})\\b`);

/**
 * What surely has to resolve before the workload's Pods are Ready: loops without an end in init containers, and in containers
 * whose readiness hangs on a port that is opened behind them; and exec probes. Scripts that choose what they do are left out.
 */
export function startLookups(workload: Workload): readonly StartLookup[] {
  return containersOf(workload).flatMap((placed) => [...waits(workload, placed), ...probes(workload, placed)]);
}

function waits(workload: Workload, placed: PlacedContainer): readonly StartLookup[] {
  const { container, init, path } = placed;
  // A sidecar among the init containers holds nobody up.
  if (init ? container.restartPolicy === "Always" : !opensPort(container)) return [];
  return (["command", "args"] as const).flatMap((key) =>
    container[key].flatMap((script, index): readonly StartLookup[] => {
      if (!ANY.test(script) || !/\b(until|while)\b/.test(script)) return [];
      const where = `${init ? "init container" : "container"} ${container.name}`;
      return waitLoops(script).flatMap(({ before, condition }) =>
        lookupsIn(workload, container, before, condition).map((found) => ({
          ...found,
          container,
          where,
          field: [...path, key, index],
        })),
      );
    }),
  );
}

/** Its readiness or start is asked for at a port, which the program behind the loop opens. */
function opensPort({ readinessProbe, startupProbe }: Container): boolean {
  return [readinessProbe, startupProbe].some(
    (probe) => probe !== null && (probe.command === null ? probe.port !== null : asksItself(scriptOf(probe) ?? "")),
  );
}

/** A client of the program in its own container: `pg_isready -h localhost`, `redis-cli ping`, `nc -z 127.0.0.1 7000`. */
function asksItself(script: string): boolean {
  if (CHOOSES.test(script) || /\|\||[;!]/.test(script)) return false;
  const command = /^\s*(?:\S*\/)?([a-z0-9_-]+)(?=\s|$)/.exec(script)?.[1] ?? "";
  const hosts = hostWordsOf(command, script);
  if (hosts === null || ASK_DNS.has(command) || command === "getent") return false;
  const isLocal = /(^|[\s/@"'])(localhost|127\.0\.0\.1|\[?::1\]?)(?=$|[\s:/"'])/;
  return CLIENTS.has(command) && hosts === "" ? true : isLocal.test(hosts);
}

/** What makes a script do other things in one Pod than in another, or give up. */
const CHOOSES = /\b(if|case|timeout|trap)\b|\]\]?\s*(&&|\|\|)/;
const ENDS = /\b(break|exit|return|timeout|let|expr|SECONDS)\b|-(lt|gt|le|ge|eq|ne)\b|\$\(\(|\+\+|--\)/;
const LOOP = /\b(until|while)\b([\s\S]{1,400}?)[;\n][ \t]*do\b([\s\S]{0,600}?)\bdone\b([^\n]{0,40})/g;

interface WaitLoop {
  /** The script up to the loop: what its variables are. */
  readonly before: string;
  readonly condition: string;
}

function waitLoops(script: string): readonly WaitLoop[] {
  const code = script.replace(/^[ \t]*#[^\n]*/gm, "");
  const loops: WaitLoop[] = [];
  for (const match of code.matchAll(LOOP)) {
    const [, word = "", condition = "", body = "", after = ""] = match;
    const before = code.slice(0, match.index);
    if (isWritten(before) || /(&&|\|\|)\s*$/.test(before)) continue;
    if (CHOOSES.test(before) || ENDS.test(body) || ENDS.test(condition.replace(/\btimeout\b/g, ""))) continue;
    if (/\|\|/.test(condition) || /^[ \t]*(&(?!&)|\|\||\)?[ \t]*&(?!&))/.test(after) || /\([ \t\n]*$/.test(before))
      continue;
    const waitsForFailure = /!|(\[|\btest)[ \t]+-z\b/.test(condition);
    if ((word === "until") === waitsForFailure) continue;
    loops.push({ before, condition });
  }
  return loops;
}

/** Whether what follows is text that the script writes or hands on, and no command of its own: in quotes, or a here-document. */
function isWritten(before: string): boolean {
  if (/<<-?[ \t]*["'\\]?\w/.test(before)) return true;
  let quote = "";
  for (let at = 0; at < before.length; at += 1) {
    const char = before[at] ?? "";
    if (char === "\\" && quote !== "'") at += 1;
    else if (quote === "" ? char === '"' || char === "'" : char === quote) quote = quote === "" ? char : "";
  }
  return quote !== "";
}

function probes(workload: Workload, { container, init, path }: PlacedContainer): readonly StartLookup[] {
  if (init) return [];
  return (["readinessProbe", "startupProbe"] as const).flatMap((key) => {
    const script = scriptOf(container[key]);
    if (script === null || !ANY.test(script) || CHOOSES.test(script) || /\|\||;|\b(until|while|for)\b/.test(script))
      return [];
    const where = `${key === "readinessProbe" ? "readiness" : "startup"} probe of container ${container.name}`;
    return lookupsIn(workload, container, "", script).map((found) => ({
      ...found,
      container,
      where,
      field: [...path, key, "exec", "command"],
    }));
  });
}

/** The one command of an exec probe: behind `sh -c`, or as its words. */
function scriptOf(probe: Probe | null): string | null {
  if (probe?.command == null) return null;
  const at = probe.command.findIndex((word) => /^-[a-z]*c$/.test(word));
  return at >= 0 ? (probe.command[at + 1] ?? "") : probe.command.join(" ");
}

function lookupsIn(
  workload: Workload,
  container: Container,
  before: string,
  code: string,
): readonly Omit<StartLookup, "container" | "where" | "field">[] {
  const pod = ownPod(workload);
  const environment = environmentOf(container, pod, () => null);
  return withOwnNames(code)
    .split(/&&|[;|`!\n]|\$\(/)
    .map((segment) => segment.replace(/^[\s"'([]*(-[nz]\s+["']*)?(timeout\s+(-\S+\s+)*\S+\s+)?/, "").trim())
    .flatMap((segment) => {
      const command = /^(?:\S*\/)?([a-z0-9_-]+)(?=\s|$)/.exec(segment)?.[1] ?? "";
      const named = hostWordsOf(command, segment);
      if (named === null) return [];
      const whole = expandShell(expandReferences(`${before}\n${MARK}${named}`, environment), environment, pod);
      const text = whole.text.slice(whole.text.lastIndexOf(MARK) + 1);
      const words = hostWords({ text, loops: whole.loops });
      const asksDns = ASK_DNS.has(command);
      const hosts = words
        .filter(({ host, sign }) => !FETCH.has(command) || sign !== null || host.includes("."))
        .filter(({ host }) => asksDns || aliasedTo(workload.template.spec, host).length === 0)
        .map(({ host }) => host);
      if (text.includes(OWN_FQDN)) hosts.push(OWN_FQDN);
      return [{ command, asksDns, hosts, written: shortened(segment.replace(/["')\]]+$/, "")) }];
    });
}

/** Divides what is looked at from the script before it. */
const MARK = "\ue003";

/** The part of a command that names hosts; null for a command that looks none up. */
function hostWordsOf(command: string, segment: string): string | null {
  const rest = segment.slice(segment.indexOf(command) + command.length);
  if (ASK_DNS.has(command) || CONNECT.has(command) || FETCH.has(command)) return rest;
  if (!CLIENTS.has(command)) return null;
  return [...rest.matchAll(/\s(?:-h\s*|--host[= ])(["']?[^\s"']{1,300})/g)].map(([, host = ""]) => host).join(" ");
}

/** A Pod's own names, as a script asks for them, in a form that splitting it into commands leaves whole. */
function withOwnNames(code: string): string {
  return code
    .replace(/(?:\$\(|`)\s*hostname(?:\s+(?:-s|--short))?\s*[)`]/g, "$" + "{HOSTNAME}")
    .replace(/(?:\$\(|`)\s*hostname\s+(?:-f|--fqdn|--long)\s*[)`]/g, OWN_FQDN);
}
