import type { EndpointSlice } from "../objects/endpoint-slice.ts";
import { perObject } from "../objects/kept.ts";
import type { FieldPath } from "../objects/origin.ts";
import { type AdmissionNote, note } from "./admission-note.ts";
import { parseIp } from "./ip.ts";
import { isEndpointIp, legacyIpFamily } from "./legacy-ip.ts";
import { isDns1123Label, isDns1123Subdomain } from "./names.ts";

const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;

/** What the API server makes of an EndpointSlice that is created. */
export interface AdmittedSlice {
  /** Any of these, and the slice is not stored. */
  readonly rejected: readonly AdmissionNote[];
  /** Rejected by 1.34 and taken by older versions: IPv6 addresses that are not in their canonical form. */
  readonly irregular: readonly AdmissionNote[];
}

/**
 * What the API server (1.34) does with an EndpointSlice manifest, of the fields that we read. Mirrors
 * pkg/apis/discovery/validation validateEndpoints and validatePorts. Zone, reason and rule ask of a slice: it is walked once.
 */
export const admitSlice = perObject(admit);

function admit(slice: EndpointSlice): AdmittedSlice {
  const { endpoints } = slice;
  const notes: Notes = { rejected: portNotes(slice), irregular: [] };
  if (endpoints.length > MOST_ENDPOINTS) {
    notes.rejected.push(note(["endpoints"], `must hold at most ${MOST_ENDPOINTS} endpoints`));
    return notes;
  }
  for (const [index, { addresses, hostname }] of endpoints.entries()) {
    const at: FieldPath = ["endpoints", index];
    if (addresses.length === 0) notes.rejected.push(note([...at, "addresses"], "must hold an address"));
    if (addresses.length > MOST_ADDRESSES) {
      notes.rejected.push(note([...at, "addresses"], `must hold at most ${MOST_ADDRESSES} addresses`));
    }
    for (const [nth, address] of addresses.entries()) {
      addressNotes(slice.addressType, address, [...at, "addresses", nth], notes);
    }
    if (hostname !== null && !isDns1123Label(hostname)) {
      notes.rejected.push(note([...at, "hostname"], "must be lower case letters, digits and hyphens, at most 63"));
    }
  }
  return notes;
}

interface Notes {
  readonly rejected: AdmissionNote[];
  readonly irregular: AdmissionNote[];
}

function addressNotes(
  type: EndpointSlice["addressType"],
  text: string,
  field: FieldPath,
  { rejected, irregular }: Notes,
): void {
  if (type === "FQDN") {
    const domain = text.replace(/\.$/, "");
    const isFull = domain.includes(".") && isDns1123Subdomain(domain) && domain.split(".").every(isDns1123Label);
    if (!isFull) rejected.push(note(field, "must be a domain name of two or more labels, as addressType says"));
    return;
  }
  const family = legacyIpFamily(text);
  if (family !== type) {
    rejected.push(note(field, `must be an ${type} address, as addressType says`));
    return;
  }
  if (!isEndpointIp(text)) rejected.push(note(field, "cannot be unspecified, loopback or link-local"));
  const canonical = parseIp(text)?.text;
  if (type === "IPv6" && canonical !== undefined && canonical !== text) {
    irregular.push(note(field, `must be written as ${canonical}`));
  }
}

function portNotes({ ports }: EndpointSlice): AdmissionNote[] {
  const names = new Set<string>();
  return ports.flatMap(({ name }, index): readonly AdmissionNote[] => {
    const field: FieldPath = ["ports", index, "name"];
    const repeated = names.has(name);
    names.add(name);
    if (repeated)
      return [note(field, name === "" ? "must be set where there are several ports" : "is used by two ports")];
    if (name === "" || isDns1123Label(name)) return [];
    return [note(field, "must be lower case letters, digits and hyphens, at most 63")];
  });
}
