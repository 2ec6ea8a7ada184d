import { expect, test } from "vitest";
import { expiredPart } from "../../../src/sources/cluster/expiry.ts";
import { makeAuthority } from "../../api-server/certificates.ts";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const certified = (notAfter: Date) => {
  const { cert, key } = makeAuthority("cluster").issue({ name: "jane", notAfter });
  return { headers: {}, certificate: { cert, key } };
};
const bearing = (token: string) => ({ headers: { Authorization: `Bearer ${token}` }, certificate: null });
const jwt = (claims: unknown) =>
  ["{}", JSON.stringify(claims), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".");

test("a client certificate, and a token that tells when it ends", () => {
  expect(expiredPart(certified(new Date("2025-01-02T00:00:00Z")), NOW)).toBe(
    "the client certificate expired on 2025-01-02",
  );
  expect(expiredPart(bearing(jwt({ exp: NOW / 1000 })), NOW)).toBe("the token expired on 2026-05-01");
});

test.each([
  ["a certificate that is good", certified(new Date("2027-01-02T00:00:00Z"))],
  ["a token that is good", bearing(jwt({ exp: NOW / 1000 + 1 }))],
  ["a token without an end", bearing(jwt({ sub: "jane" }))],
  ["claims that are none", bearing(jwt("exp"))],
  ["an end that is none", bearing(jwt({ exp: "soon" }))],
  ["an end before all time", bearing(jwt({ exp: -1e300 }))],
  ["an opaque token", bearing("sha256~abc")],
  ["three parts that are no JSON", bearing("a.b.c")],
  ["no certificate", { headers: {}, certificate: { cert: "x", key: "y" } }],
  ["nothing at all", { headers: {}, certificate: null }],
])("of %s nothing is said", (_what, credential) => {
  expect(expiredPart(credential, NOW)).toBeNull();
});
