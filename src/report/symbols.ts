import type { LinkStatus, Verdict } from "../diagnosis/chain.ts";
import type { Style, Tone } from "./style.ts";

const SYMBOLS: Readonly<Record<LinkStatus, { readonly unicode: string; readonly ascii: string; readonly tone: Tone }>> =
  {
    ok: { unicode: "✓", ascii: "+", tone: "good" },
    broken: { unicode: "✗", ascii: "x", tone: "bad" },
    warning: { unicode: "!", ascii: "!", tone: "warn" },
    unknown: { unicode: "?", ascii: "?", tone: "warn" },
    skipped: { unicode: "·", ascii: "-", tone: "dim" },
  };

/** One column that tells a link's status without colour, too. */
export function symbolOf(status: LinkStatus, style: Style): string {
  const { unicode, ascii, tone } = SYMBOLS[status];
  return style.paint(tone, style.unicode ? unicode : ascii);
}

export const VERDICT_TONE = {
  broken: "bad",
  degraded: "warn",
  unknown: "warn",
  healthy: "good",
} as const satisfies Record<Verdict, Tone>;
