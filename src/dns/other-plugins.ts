import type { ServerBlock } from "./corefile.ts";
import type { ForwardOptions } from "./corefile-plugins.ts";
import { isUnder } from "./name.ts";
import { type Handler, unknown } from "./outcome.ts";
import { longestZone } from "./zones.ts";

/** Plugins behind `kubernetes` that answer names from elsewhere. */
const BACKENDS = ["file", "auto", "secondary", "etcd", "grpc", "erratic", "whoami", "nomad"];
/** Plugins that are worked out here, or are seen to below and in lastOf. */
const SEEN_TO = [
  ...["acl", "any", "autopath", "cache", "dns64", "forward", "hosts", "k8s_external", "kubernetes", "local", "minimal"],
  ...["rewrite", "template", ...BACKENDS],
];
/** Plugins that change neither what is asked nor the records of answers to questions of class IN without DNSSEC (plugin.cfg). */
const WITHOUT_EFFECT = [
  ...["bind", "bufsize", "cancel", "chaos", "debug", "dnssec", "dnstap", "errors", "geoip", "header", "health"],
  ...["loadbalance", "log", "loop", "metadata", "multisocket", "nsid", "on", "pprof", "prometheus", "quic", "ready"],
  ...["reload", "root", "sign", "timeouts", "tls", "trace", "transfer"],
];
/** Those that are set up and stand in no chain. */
const WITHOUT_HANDLER = [
  ...["bind", "debug", "multisocket", "on", "pprof", "quic", "ready", "reload", "root", "timeouts", "tls"],
];
/** What `local` answers itself: names of the machine, in whatever zone they are asked for (plugin/local/local.go). */
const LOCAL_ZONES = ["localhost.", "0.in-addr.arpa.", "127.in-addr.arpa.", "255.in-addr.arpa."];

/** Whether no plugin of a block handles questions: then it refuses all of them (core/dnsserver/server.go ServeDNS). */
export function hasNoHandler({ plugins }: ServerBlock): boolean {
  return plugins.every((name) => WITHOUT_HANDLER.includes(name));
}

/** Plugins in front of the others that are not worked out: where one may have a say, nothing is claimed. */
export function unmodelledPlugin(block: ServerBlock, next: Handler): Handler {
  // All others may stand in front, and answer, or change answers: a few of CoreDNS's own, and those of other builds.
  const front = block.plugins.filter((name) => !SEEN_TO.includes(name) && !WITHOUT_EFFECT.includes(name));
  const any = block.plugins.includes("any");
  const dns64 = block.plugins.includes("dns64");
  const local = block.plugins.includes("local");
  if (front.length === 0 && !any && !dns64 && !local) return next;
  return (query) => {
    if (front.length > 0) return unknown("not-modelled", `the Corefile uses ${front.join(", ")} for this name`);
    if (local && (query.name.startsWith("localhost.") || longestZone(LOCAL_ZONES, query.name) !== null)) {
      return unknown("not-modelled", "the plugin `local` answers names of the machine itself");
    }
    if (any && query.type === "ANY") return unknown("not-modelled", "the plugin `any` answers questions for ANY");
    const outcome = next(query);
    const synthesized = dns64 && query.type === "AAAA" && outcome.status === "message" && outcome.rcode === "NOERROR";
    if (!synthesized || outcome.answers.some((record) => record.type === "AAAA")) return outcome;
    return unknown("not-modelled", "the plugin `dns64` may make AAAA records from A records");
  };
}

/** What takes the names that no other plugin answers. */
export function lastOf(block: ServerBlock): Handler {
  const backends = BACKENDS.filter((name) => block.plugins.includes(name));
  const forwards: readonly ForwardOptions[] = block.forwards;
  return ({ name }) => {
    if (backends.length > 0) return unknown("not-modelled", `the Corefile leaves this name to ${backends.join(", ")}`);
    const forward = forwards.find(
      ({ from, except }) => isUnder(name, from) && (name === from || longestZone(except, name) === null),
    );
    if (forward !== undefined) {
      return unknown(
        "forwarded",
        `CoreDNS does not serve this name itself and forwards it to ${forward.to.join(", ")}`,
      );
    }
    const reason = "no plugin of the server block answers this name";
    return { status: "code", rcode: "SERVFAIL", cause: "no-next-plugin", reason };
  };
}
