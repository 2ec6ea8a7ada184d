import { permissionsText } from "../../objects/permission.ts";
import { oneLine } from "./errors.ts";
import type { Answer } from "./http.ts";

/** Why something of the cluster could not be read. */
export type Lack =
  | {
      readonly why: "forbidden";
      readonly verb: "list" | "get";
      readonly what: string;
      readonly where: string;
      readonly user: string;
    }
  | { readonly why: "not-served"; readonly what: string }
  | { readonly why: "other"; readonly text: string };

/** What an answer that does not hold what was asked for means for `what` (`pods`, `configmaps/coredns`) and `where` (` in shop`, "" for nowhere). */
export function lackOf(answer: Answer, verb: "list" | "get", what: string, where: string): Lack {
  const { status, message } = answer;
  if (status === 403) {
    const user = /User "((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
    if (user !== undefined) return { why: "forbidden", verb, what, where, user };
    return { why: "other", text: `no permission to ${verb} ${what}${where} (${message})` };
  }
  if (status >= 200 && status < 300)
    return { why: "other", text: `the API server's answer for ${what}${where} is not a list` };
  if (status === 0) return { why: "other", text: `${what}${where} could not be read: ${message}` };
  return {
    why: "other",
    text: `${what}${where} could not be read: the API server answered ${status} ${message}`.trim(),
  };
}

/** One line; what was forbidden for the same reason is said once. */
export function describeLacks(lacks: readonly Lack[]): string {
  const lines: string[] = [];
  const forbidden = Map.groupBy(
    lacks.filter((lack) => lack.why === "forbidden"),
    ({ verb, where, user }) => JSON.stringify([verb, where, user]),
  );
  for (const [first, ...more] of forbidden.values()) {
    if (first === undefined) continue;
    lines.push(permissionsText([{ ...first, what: [first, ...more].map((lack) => lack.what) }]));
  }
  const missing = lacks.filter((lack) => lack.why === "not-served").map((lack) => lack.what);
  if (missing.length > 0) lines.push(`the API server does not serve ${missing.join(", ")}`);
  for (const lack of lacks) if (lack.why === "other") lines.push(lack.text);
  return lines.map(oneLine).join("; ");
}
