import { describeServers } from "../../trace/dns-words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `CoreDNS 1.13.2: 2 of 2 Pods Ready, serves cluster.local`. */
export function clusterDnsLine({ trace }: LinkView): LinkLine {
  const { clusterDns, corefile } = trace.parts;
  return {
    summary: describeServers(clusterDns, corefile),
    judged: clusterDns.status !== "unavailable" ? "yes" : clusterDns.byNature ? "no" : "unknown",
  };
}
