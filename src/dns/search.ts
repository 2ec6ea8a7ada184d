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
}

export type Expansion =
  | { readonly ok: true; readonly candidates: readonly Candidate[] }
  | { readonly ok: false; readonly error: NameError };

/**
 * The names that a client's resolver asks for in turn, until one answers. A name with a dot at the end is asked for
 * alone. With ndots dots or more it is tried as it is first, and by glibc then with the search list, too; musl does not.
 * With fewer dots the search list comes first. Candidates too long for DNS are left out, as resolvers skip them.
 */
export function expandName(text: string, client: ResolvConf, resolver: Resolver = "glibc"): Expansion {
  const parsed = parseName(text);
  if (!parsed.ok) return parsed;
  const { name } = parsed;
  if (name.absolute) return { ok: true, candidates: [{ name: name.text, because: "written with a dot at the end" }] };
  const dots = name.labels.length - 1;
  const ndots = client.ndots ?? 1;
  const enough = dots >= ndots;
  const counted = `${dots} ${dots === 1 ? "dot" : "dots"}, ndots ${ndots}${client.ndots === null ? " unless the Node says otherwise" : ""}`;
  const known = client.search.filter(({ domain }) => domain !== null).length;
  let place = 0;
  const searched = client.search.flatMap(({ domain }): readonly Candidate[] => {
    if (domain === null) return [{ name: null, because: "search domains of the Node, which were not read" }];
    place += 1;
    const joined = parseName(domain === "." ? name.text : `${name.text}${domain}`);
    return joined.ok ? [{ name: joined.name.text, because: `search domain ${place} of ${known}` }] : [];
  });
  if (enough) {
    const first: Candidate = { name: name.text, because: `as it is, before the search list (${counted})` };
    return { ok: true, candidates: resolver === "musl" ? [first] : [first, ...searched] };
  }
  return {
    ok: true,
    candidates: [...searched, { name: name.text, because: `as it is, after the search list (${counted})` }],
  };
}

/** What became of one candidate's question. */
export type CandidateOutcome = "answers" | "nodata" | "nxdomain" | "servfail" | "refused" | "unknown";

/** Where a resolver's walk over the candidates ends. */
export type Walk =
  | { readonly status: "answers"; readonly at: number }
  /** The resolver gives up at this candidate, though later ones might answer. */
  | { readonly status: "stopped"; readonly at: number }
  | { readonly status: "none" }
  /** What is known does not tell; the candidate that it hangs on. */
  | { readonly status: "unknown"; readonly at: number };

/**
 * Which candidate answers. glibc goes on past NXDOMAIN, NODATA and SERVFAIL; musl past NXDOMAIN only. `outcomes` are
 * those of the question that counts; for getaddrinfo, which asks A and AAAA together, `answers` where either has one.
 */
export function walkSearch(outcomes: readonly CandidateOutcome[], resolver: Resolver = "glibc"): Walk {
  for (const [at, outcome] of outcomes.entries()) {
    if (outcome === "answers") return { status: "answers", at };
    if (outcome === "unknown") return { status: "unknown", at };
    const goesOn = outcome === "nxdomain" || (resolver === "glibc" && (outcome === "nodata" || outcome === "servfail"));
    if (!goesOn && at < outcomes.length - 1) return { status: "stopped", at };
  }
  return { status: "none" };
}
