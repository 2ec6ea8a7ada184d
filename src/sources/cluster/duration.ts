const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a duration as kubectl takes it for --request-timeout: `0`, `30` (seconds), `5s`, `1m30s`; null where it
 * is none (mirrors client-go tools/clientcmd helpers.go ParseTimeout).
 */
export function parseDuration(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return null;
    total += Number(found[1]) * (MILLISECONDS[found[2] ?? ""] ?? 0);
  }
  return text === "" ? null : total;
}
