import { createHash } from "node:crypto";
import { isJson } from "./merge-patch.ts";
import type { ProbeAccess } from "./vantage.ts";

/** Who asks, as the API server sees it. */
export interface Identity {
  /** null where it does not tell. */
  readonly name: string | null;
  /** A hash of the user's name, fit for a label; null where the API server does not tell (before 1.28, or anonymous). */
  readonly user: string | null;
  /** The API server's clock, RFC 3339; null where it does not tell. */
  readonly now: string | null;
}

const UNKNOWN: Identity = { name: null, user: null, now: null };

/**
 * Asks the API server who we are to it (kubectl auth whoami). Names of users may be people's addresses, and labels are
 * read by many: only a hash is kept.
 */
export async function whoAmI({ api }: ProbeAccess, signal: AbortSignal): Promise<Identity> {
  const apiVersion = "authentication.k8s.io/v1";
  const body = { apiVersion, kind: "SelfSubjectReview" };
  const answer = await api.review(`/apis/${apiVersion}/selfsubjectreviews`, body, signal);
  if (answer.status < 200 || answer.status >= 300 || !isJson(answer.body)) return UNKNOWN;
  const { metadata, status } = answer.body;
  const info = isJson(status) ? status.userInfo : null;
  const told = isJson(info) && typeof info.username === "string" ? info.username : "";
  const time = isJson(metadata) ? metadata.creationTimestamp : null;
  return {
    name: told === "" ? null : told,
    // Whoever comes without credentials is nobody, and many.
    user: told === "" || told === "system:anonymous" ? null : hashOf(told),
    now: typeof time === "string" ? time : null,
  };
}

function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 16);
}
