import { count } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `6 of 6 ports open`; of the ports on which endpoints listen. */
export function connectLine({ trace }: LinkView): LinkLine {
  const { probed } = trace.parts;
  if (probed.status === "unavailable") return { summary: probed.because, judged: probed.byNature ? "no" : "unknown" };
  const attempts = probed.value.connects.filter((connect) => connect.of === "endpoint");
  // Of many rounds and places the worst counts.
  const own = [...Map.groupBy(attempts, ({ address, port }) => `${address} ${port}`).values()].flatMap(
    (group) => group.find(({ status }) => status !== "open") ?? group.slice(0, 1),
  );
  const tried = own.filter(({ status }) => status !== "missing");
  if (own.length === 0) return { summary: "nothing answers that could be connected to", judged: "no" };
  if (tried.length === 0) return { summary: `no port was tried: ${own[0]?.because ?? ""}`, judged: "unknown" };
  const open = tried.filter(({ status }) => status === "open");
  const untried = own.length - tried.length;
  const rest = untried === 0 ? "" : `, ${untried} not tried`;
  return {
    summary: `${open.length} of ${count(tried.length, "port")} open${rest}`,
    judged: untried === 0 ? "yes" : "unknown",
  };
}
