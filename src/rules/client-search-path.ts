import { expandName, isLineTooLong, type Resolver } from "../dns/search.ts";
import type { Client } from "../trace/clients.ts";
import type { MeantReference } from "../trace/references/meant.ts";
import { containersOf, podSpecOf, podSpecPath } from "../trace/references/texts.ts";
import { listed } from "../trace/words.ts";
import { bypassesClusterDns } from "./client-bypasses-cluster-dns.ts";
import { asksFor, orUnread, referenceEvidence, vantagesWithin } from "./evidence/client-text.ts";
import { note } from "./remedies/kubectl.ts";
import { templateChange } from "./remedies/template-change.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A short name exists only by the search list. dnsPolicy None has none but dnsConfig's; the kubelet drops domains beyond its
 * limits (dns.go formDNSSearchFitsLimits); and musl, unlike glibc, never searches a name with ndots dots or more
 * (src/network/lookup_name.c name_from_dns_search), and passes over a search line of more than 255 characters
 * (src/network/resolvconf.c).
 */
export const clientSearchPath = defineRule({
  id: "client-search-path",
  link: "client",
  severity: "warning",
  summary: "a short name of the Service that a client's search list or ndots does not reach",
  needs: { clients: "present", references: "present", probed: "optional" },
  applies: ({ service }) => service !== null,
  check({ clients, references, probed, namespace }) {
    const findings = clients.flatMap((client): readonly RuleFinding[] => {
      if (bypassesClusterDns(client)) return [];
      // What a Pod of the client really has weighs more than what it should have.
      const real = vantagesWithin(client, probed).flatMap(({ resolvConf }) => resolvConf ?? []);
      const lost = client.references.filter((meant) => !isReached(meant, client));
      const [first, ...others] = lost;
      if (first === undefined || real.some(({ search }) => search.some((domain) => reaches(domain, first)))) return [];
      return [finding({ ...client, references: [first, ...others] }, namespace)];
    });
    return orUnread(findings, references);
  },
});

function reaches(domain: string, { reference, full }: MeantReference): boolean {
  return `${reference.host}.${domain.replace(/\.$/, "")}.`.toLowerCase() === full;
}

/** A name with a dot at the end is not searched, and means what it says. */
function isReached({ reference, full }: MeantReference, client: Client): boolean {
  if (reference.absolute || `${reference.host}.` === full) return true;
  const expansion = expandName(reference.host, client.resolvConf, resolverOf(client));
  return !expansion.ok || expansion.candidates.some(({ name }) => name === full);
}

/** musl is only told from an image that says so; all others search as glibc does, or further. */
function resolverOf({ holder }: Client): Resolver {
  const images = containersOf(holder)
    .filter(({ init }) => !init)
    .map(({ container }) => container.image);
  return images.length > 0 && images.every((image) => /alpine/i.test(image)) ? "musl" : "glibc";
}

function finding(client: Client, namespace: string): RuleFinding {
  const { holder, references, resolvConf } = client;
  const [first] = references;
  const { dnsPolicy } = podSpecOf(holder);
  const known = resolvConf.search.flatMap(({ domain }) => domain ?? []);
  const { dots, missing, musl } = lackOf(client, first);
  const unread = resolverOf(client) === "musl" && isLineTooLong(resolvConf);
  const why = unread
    ? "its image is Alpine's, whose resolver (musl) passes over a search line of more than 255 characters, as this one is, and searches nothing"
    : musl
      ? `its image is Alpine's, whose resolver (musl) takes a name with ndots dots or more as it is: ${first.reference.host} has ${dots}, ndots is ${resolvConf.ndots}`
      : dnsPolicy === "None"
        ? `with dnsPolicy: None the search list is dnsConfig's alone (${known.length === 0 ? "none" : listed(known)}), without ${missing}`
        : `${missing} is not in the search list that the kubelet writes (${listed(known)})`;
  const fulls = [...new Set(references.map(({ full }) => full.slice(0, -1)))];
  return {
    object: holder,
    field: [...podSpecPath(holder), "dnsConfig"],
    message: `${asksFor(client, namespace)}, and its resolver never comes to ${first.full.slice(0, -1)}: ${why}.`,
    evidence: [
      ...referenceEvidence(client),
      ...(resolvConf.dropped.length === 0 ? [] : [`dropped by the kubelet: ${listed(resolvConf.dropped)}`]),
    ],
    remedy: [
      note(`write the name in full: ${listed(fulls)}`),
      ...(unread
        ? [note("or make dnsConfig.searches shorter")]
        : [
            note(musl ? "or let it be searched:" : "or let its domain be searched:"),
            templateChange(
              holder,
              { dnsConfig: musl ? { options: [{ name: "ndots", value: "5" }] } : { searches: [...known, missing] } },
              "its Pods are made again with the longer search list",
            ),
          ]),
    ].join("\n"),
  };
}

function lackOf(
  { resolvConf }: Client,
  { reference, full }: MeantReference,
): { readonly dots: number; readonly missing: string; readonly musl: boolean } {
  const rest = full.slice(reference.host.length + 1, -1);
  const dots = reference.host.split(".").length - 1;
  return { dots, missing: rest, musl: resolvConf.search.some(({ domain }) => domain === rest) };
}
