import { CACHE_OPTIONS } from "./coredns-names.ts";
import { absolute, durationOf, intOf, judgeName, type PluginReading } from "./corefile-plugins.ts";
import type { Directive } from "./corefile-syntax.ts";
import { originsOf } from "./zones.ts";

/** `cache` (plugin/cache/setup.go); times in seconds. */
export interface CacheOptions {
  readonly line: number;
  readonly zones: readonly string[];
  readonly successTtl: number;
  readonly successMinTtl: number;
  readonly denialTtl: number;
  readonly denialMinTtl: number;
  /** Zones whose positive answers are not kept. Their TTLs are capped all the same. */
  readonly disableSuccess: readonly string[];
  readonly disableDenial: readonly string[];
  /** How long an expired answer may still be served; null: not at all. */
  readonly serveStale: number | null;
  readonly prefetch: boolean;
  readonly keepTtl: boolean;
}

/** What one kind of answers is kept for. */
interface Bounds {
  ttl: number;
  min: number;
}

export function readCache(directive: Directive, reading: PluginReading): CacheOptions {
  const { words, line } = directive;
  const cap = intOf(words[0]);
  if (cap !== null && cap <= 0) reading.error(line, "the TTL of cache must be over 0");
  const zones = originsOf(cap === null ? words : words.slice(1), reading.blockZones);
  const success: Bounds = { ttl: cap ?? 3600, min: 5 };
  const denial: Bounds = { ttl: cap ?? 1800, min: 5 };
  let disableSuccess: readonly string[] = [];
  let disableDenial: readonly string[] = [];
  let serveStale: number | null = null;
  let prefetch = false;
  let keepTtl = false;
  for (const { words: sub, line: at } of directive.block) {
    const [property = "", ...args] = sub;
    judgeName(reading, CACHE_OPTIONS, "option of cache", property, at);
    const refuse = (why: string): void => reading.error(at, `${property} of cache ${why}`);
    switch (property) {
      case "success":
      case "denial":
        readBounds(property === "success" ? success : denial, args, refuse);
        break;
      case "disable": {
        const named = args.length > 1 ? args.slice(1).map(absolute) : ["."];
        if (args[0] === "success") disableSuccess = named;
        else if (args[0] === "denial") disableDenial = named;
        else refuse(`must be success or denial, not ${args[0] ?? "empty"}`);
        break;
      }
      case "serve_stale": {
        const upTo = args[0] === undefined ? 3600 : durationOf(args[0]);
        if (upTo === null || upTo < 0) refuse(`must be a duration, not ${args[0]}`);
        else serveStale = Math.floor(upTo);
        break;
      }
      case "prefetch": {
        const amount = intOf(args[0]);
        if (amount === null || amount < 0) refuse(`must be a number of questions, not ${args[0] ?? "empty"}`);
        else prefetch = amount > 0;
        break;
      }
      case "keepttl":
        keepTtl = true;
        break;
      default:
        break;
    }
  }
  return {
    line,
    zones,
    successTtl: success.ttl,
    successMinTtl: success.min,
    denialTtl: denial.ttl,
    denialMinTtl: denial.min,
    disableSuccess,
    disableDenial,
    serveStale,
    prefetch,
    keepTtl,
  };
}

/** `CAPACITY [TTL [MINTTL]]`. */
function readBounds(bounds: Bounds, args: readonly string[], refuse: (why: string) => void): void {
  const [capacity, ttl = bounds.ttl, min = bounds.min] = args.map(intOf);
  if (capacity === undefined || capacity === null) refuse("needs a capacity, a number");
  else if (ttl === null || ttl <= 0) refuse(`needs a TTL over 0, not ${args[1]}`);
  else if (min === null || min < 0) refuse(`needs a least TTL of 0 or more, not ${args[2]}`);
  else Object.assign(bounds, { ttl, min });
}
