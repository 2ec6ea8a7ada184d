import { X509Certificate } from "node:crypto";
import type { Credential } from "./credentials.ts";

/**
 * What of a refused credential is surely over, for people: `the client certificate expired on 2025-01-02`; null where neither
 * the certificate nor the token (a JWT, whose claims anybody can read) tells so.
 */
export function expiredPart({ certificate, headers }: Credential, now: number): string | null {
  const parts = [
    ["the client certificate", certificate === null ? null : certificateEnd(certificate.cert)],
    ["the token", tokenEnd(String(headers.Authorization ?? ""))],
  ] as const;
  for (const [what, end] of parts) {
    if (end !== null && end <= now) return `${what} expired on ${new Date(end).toISOString().slice(0, 10)}`;
  }
  return null;
}

/** In milliseconds since 1970; of several certificates in one text the first is the client's. */
function certificateEnd(pem: string): number | null {
  try {
    return millisecondsOr(Date.parse(new X509Certificate(pem).validTo));
  } catch {
    return null;
  }
}

/** Claim `exp` of RFC 7519. */
function tokenEnd(authorization: string): number | null {
  const [, claims] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/.exec(authorization) ?? [];
  if (claims === undefined) return null;
  try {
    const read: unknown = JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
    const exp = typeof read === "object" && read !== null && "exp" in read ? read.exp : null;
    return typeof exp === "number" ? millisecondsOr(exp * 1000) : null;
  } catch {
    return null;
  }
}

/** null for what is no time that a Date can hold. */
function millisecondsOr(time: number): number | null {
  return Number.isNaN(new Date(time).getTime()) ? null : time;
}
