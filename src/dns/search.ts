import type { ResolvConf } from "../kubernetes/kubelet-resolv-conf.ts";
import { type NameError, parseName } from "./name.ts";

/** The C libraries whose resolvers search differently. */
export type Resolver = "glibc" | "musl";

/** A name that a client's resolver asks for. */
export interface Candidate {
  /** Absolute; null where it is made with domains of the Node, which are not known. */
  readonly name: string | null;
  /** Why it is asked, and why now: `search domain 1 of 3`. */
  readonly because: string;
  /** The name as it was written, without a search domain. */
  readonly asIs: boolean;
}

export type Expansion =
  | { readonly ok: true; readonly candidates: readonly Candidate[] }
  | { readonly ok: false; readonly error: NameError };

/**
 * The names that a client's resolver asks for in turn, until one answers. A name with a dot at the end is asked for
 * alone. With ndots dots or more it is tried as it is first, and by glibc then with the search list, too; musl does not.
 * With fewer dots the search list comes first. A candidate too long for DNS ends glibc's search list; musl skips it.
 * Mirrors glibc's resolv/res_query.c __res_context_search and musl's src/network/lookup_name.c name_from_dns_search.
 */
export function expandName(text: string, client: ResolvConf, resolver: Resolver = "glibc"): Expansion {
  const parsed = parseName(text);
  if (!parsed.ok) return parsed;
  const { name } = parsed;
  const asItIs = (because: string): Candidate => ({ name: name.text, because, asIs: true });
  if (name.absolute) return { ok: true, candidates: [asItIs("written with a dot at the end")] };
  const dots = name.labels.length - 1;
  const ndots = client.ndots ?? 1;
  const counted = `${dots} ${dots === 1 ? "dot" : "dots"}, ndots ${ndots}${client.ndots === null ? " unless the Node says otherwise" : ""}`;
  const search = resolver === "musl" && isLineTooLong(client) ? [] : client.search;
  const known = search.filter(({ domain }) => domain !== null).length;
  let place = 0;
  const searched: Candidate[] = [];
  for (const { domain } of search) {
    if (domain === null) {
      searched.push({ name: null, because: "search domains of the Node, which were not read", asIs: false });
      continue;
    }
    place += 1;
    const joined = parseName(domain === "." ? name.text : `${name.text}${domain}`);
    if (joined.ok) {
      const because = `search domain ${place} of ${known}`;
      searched.push({ name: joined.name.text, because, asIs: domain === "." && dots < ndots });
    } else if (resolver === "glibc") {
      break;
    }
  }
  if (dots >= ndots) {
    const first = asItIs(`as it is, before the search list (${counted})`);
    return { ok: true, candidates: resolver === "musl" ? [first] : [first, ...searched] };
  }
  // Where the root is one of the domains, that was it.
  if (searched.some(({ asIs }) => asIs)) return { ok: true, candidates: searched };
  return { ok: true, candidates: [...searched, asItIs(`as it is, after the search list (${counted})`)] };
}

/** Of a line of resolv.conf with its end; musl passes over longer ones whole (src/network/resolvconf.c). */
const MUSL_LINE = 255;

/** Whether musl does not read the search list, as far as it is known. */
export function isLineTooLong({ search }: ResolvConf): boolean {
  return `search ${search.flatMap(({ domain }) => domain ?? []).join(" ")}\n`.length > MUSL_LINE;
}

/** What became of one candidate's question. */
export type CandidateOutcome = "answers" | "nodata" | "nxdomain" | "servfail" | "refused" | "unknown";

/** Where a resolver's walk over the candidates ends. */
export type Walk = {
  /** The candidates that are asked, by their places, in this order. */
  readonly asked: readonly number[];
} & (
  | { readonly status: "answers"; readonly at: number }
  /** The resolver gives up at this candidate, though others might answer. */
  | { readonly status: "stopped"; readonly at: number }
  | { readonly status: "none" }
  /** What is known does not tell; the candidate that it hangs on. */
  | { readonly status: "unknown"; readonly at: number }
);

/**
 * Which candidate answers. glibc goes on past NXDOMAIN, NODATA and SERVFAIL; anything else (REFUSED, silence) ends its search
 * list, and only the name as it is comes yet; where that came first, the list is searched whatever became of it. musl goes
 * on past NXDOMAIN only. `outcome` is that of the question that counts; for getaddrinfo, which asks A and AAAA together,
 * `answers` where either has one. Mirrors the functions that expandName does; held to both with real resolvers.
 */
export function walkSearch(
  candidates: readonly { readonly outcome: CandidateOutcome; readonly asIs: boolean }[],
  resolver: Resolver = "glibc",
): Walk {
  const asked: number[] = [];
  let stopped: number | null = null;
  for (const [at, { outcome, asIs }] of candidates.entries()) {
    if (stopped !== null && !asIs) continue;
    asked.push(at);
    if (outcome === "answers" || outcome === "unknown") return { status: outcome, at, asked };
    const goesOn =
      outcome === "nxdomain" ||
      (resolver === "glibc" && (outcome === "nodata" || outcome === "servfail" || (asIs && at === 0)));
    if (goesOn) continue;
    stopped ??= at;
    if (resolver === "musl") break;
  }
  return stopped === null || asked.length === candidates.length
    ? { status: "none", asked }
    : { status: "stopped", at: stopped, asked };
}
