import { identityKey, identityOf } from "../../diagnosis/identity.ts";
import type { FindingDocument } from "../document.ts";

/**
 * A fingerprint for each finding, in their order: of its rule, object and field, so that it stays when lines move, and
 * of its number among those that share them. 32 hexadecimal digits.
 */
export async function fingerprintsOf(findings: readonly FindingDocument[]): Promise<readonly string[]> {
  // Most runs have no need of it, and it takes a while to load.
  const { createHash } = await import("node:crypto");
  const keys = findings.map((finding) => identityKey(identityOf(finding)));
  const inPlace = findings
    .map((finding, at) => ({ at, line: finding.location?.line ?? 0, message: finding.message }))
    .sort((a, b) => a.line - b.line || (a.message < b.message ? -1 : a.message > b.message ? 1 : a.at - b.at));
  const numbers = new Map<string, number>();
  const prints: string[] = findings.map(() => "");
  for (const { at } of inPlace) {
    const key = keys[at] ?? "";
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    prints[at] = createHash("sha256").update(`${key} ${number}`).digest("hex").slice(0, 32);
  }
  return prints;
}
