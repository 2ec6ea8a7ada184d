import type { LinkLine } from "./view.ts";

/** Whether a client reaches the names is a question about that client; doctor is asked about none. */
export function clientLine(): LinkLine {
  return { summary: "no client was named (see: kheadless resolve --from pod/NAME)", judged: "no" };
}
