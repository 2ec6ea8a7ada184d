import { perKey } from "../objects/kept.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Seconds from one RFC 3339 time to another, negative where `to` is earlier; null where either is not known or no time. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const seconds = (timeOf(to) - timeOf(from)) / 1000;
  return Number.isNaN(seconds) ? null : seconds;
}

/** The present, and when many Pods became Ready, are the same few times over and over. */
const timeOf = perKey((text: string): number => Date.parse(text), 64);

/**
 * How long ago `from` was, as kubectl's AGE column tells it: `45s`, `3m20s`, `17m`, `5h30m`, `3d4h`, `40d`, `2y10d`
 * (apimachinery pkg/util/duration HumanDuration). A time to come is `0s`: clocks differ a little. null where either
 * time is not known.
 */
export function age(from: string | null, now: string | null): string | null {
  const seconds = secondsBetween(from, now);
  return seconds === null ? null : duration(seconds);
}

/** Seconds in kubectl's short form, never negative. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 2 * MINUTE) return `${whole}s`;
  if (whole < 10 * MINUTE) return two(whole, MINUTE, "m", 1, "s");
  if (whole < 3 * HOUR) return `${Math.floor(whole / MINUTE)}m`;
  if (whole < 8 * HOUR) return two(whole, HOUR, "h", MINUTE, "m");
  if (whole < 2 * DAY) return `${Math.floor(whole / HOUR)}h`;
  if (whole < 8 * DAY) return two(whole, DAY, "d", HOUR, "h");
  if (whole < 2 * YEAR) return `${Math.floor(whole / DAY)}d`;
  if (whole < 8 * YEAR) return two(whole, YEAR, "y", DAY, "d");
  return `${Math.floor(whole / YEAR)}y`;
}

function two(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)}${bigUnit}${rest === 0 ? "" : `${rest}${smallUnit}`}`;
}
