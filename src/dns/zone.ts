import { perKey } from "../objects/kept.ts";
import { blockFor, blocksOn, dnsPortOf, type ServerBlock } from "./corefile.ts";
import { canonicalName } from "./name.ts";
import { type Client, type Handler, type Outcome, type Query, unknown } from "./outcome.ts";
import { pluginChain } from "./plugin-chain.ts";
import type { Prediction, RecordType } from "./records.ts";
import { indexZone, serviceKey, type ZoneIndex } from "./zone-index.ts";
import type { ZoneInput } from "./zone-input.ts";

/** Everything that cluster DNS answers from, indexed: made once, asked often. */
export interface Zone {
  readonly input: ZoneInput;
  readonly index: ZoneIndex;
  /** The server blocks that clients reach, by zone. */
  readonly blocks: ReadonlyMap<string, ServerBlock>;
  /** The whole server, from a canonical name on. */
  readonly answer: Handler;
  /** The last predictions for any client, by type and by name as asked: rules and links ask for the same few of a Service. */
  readonly recent: (type: RecordType) => (name: string) => Prediction;
}

/** Names of each type. */
const MAX_RECENT = 64;

/** CoreDNS asks itself at most this often for one answer here; circles across zones end so. */
const MAX_DEPTH = 8;

/** Builds a zone, in time linear in the number of objects. */
export function buildZone(input: ZoneInput): Zone {
  const index = indexZone(input);
  const blocks = blocksOn(input.corefile, input.port ?? dnsPortOf(input.corefile));
  const chainOf = perKey((block: ServerBlock): Handler => pluginChain(block, index, answer));
  const answer: Handler = (query) => {
    if (query.depth > MAX_DEPTH) return unknown("not-modelled", "CoreDNS asks itself in circles for this name");
    const block = blockFor(blocks, query.name);
    if (block === null) {
      const reason = "no server block of the Corefile serves this name";
      return { status: "code", rcode: "REFUSED", cause: "no-server-block", reason };
    }
    return chainOf(block)(query);
  };
  const recent = perKey((type: RecordType) =>
    perKey((name: string) => predictFor(answer, name, type, null), MAX_RECENT),
  );
  return { input, index, blocks, answer, recent };
}

/**
 * What cluster DNS answers to a question of class IN. `name` is taken as absolute, in any case, with or without its last
 * dot; `client` matters for `acl` and `autopath` only. Never throws, whatever the name.
 */
export function predict(zone: Zone, name: string, type: RecordType, client: Client | null = null): Prediction {
  return client === null ? zone.recent(type)(name) : predictFor(zone.answer, name, type, client);
}

/**
 * The addresses times ports that a Service's slices publish, from which its own name is answered where nothing in front of
 * the `kubernetes` plugin answers it.
 */
export function publishedCount({ index }: Zone, namespace: string, name: string): number {
  let count = 0;
  for (const { endpoints, ports } of index.slices.get(serviceKey(namespace, name)) ?? []) {
    for (const { ready, addresses } of endpoints) {
      if (ready) count += (addresses?.length ?? 1) * Math.max(1, ports.length);
    }
  }
  return count;
}

function predictFor(answer: Handler, name: string, type: RecordType, client: Client | null): Prediction {
  const canonical = canonicalName(name);
  if (!canonical.ok) return { known: false, name, type, cause: "invalid-name", because: canonical.error.message };
  const query: Query = { name: canonical.text, type, client, depth: 0 };
  return predictionOf(canonical.text, type, answer(query));
}

function predictionOf(name: string, type: RecordType, outcome: Outcome): Prediction {
  if (outcome.status === "unknown") return { known: false, name, type, cause: outcome.cause, because: outcome.because };
  if (outcome.status === "code") {
    return {
      known: true,
      name,
      type,
      rcode: outcome.rcode,
      answers: [],
      additional: [],
      authority: null,
      negativeTtl: null,
      cause: outcome.cause,
      reason: outcome.reason,
      withheld: [],
      withheldCount: 0,
      incomplete: null,
      askedAs: null,
    };
  }
  const { rcode, answers, additional, authority, cause, reason, withheld, incomplete, askedAs } = outcome;
  return {
    known: true,
    name,
    type,
    rcode,
    answers,
    additional,
    authority,
    negativeTtl: authority?.ttl ?? null,
    cause,
    reason,
    withheld: withheld.shown,
    withheldCount: withheld.count,
    incomplete,
    askedAs,
  };
}
