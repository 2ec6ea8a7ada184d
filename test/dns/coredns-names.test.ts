import { describe, expect, test } from "vitest";
import { KUBERNETES_OPTIONS, PLUGINS, standingOf } from "../../src/dns/coredns-names.ts";

describe("standingOf", () => {
  test.each([
    ["kuberentes", "kubernetes"],
    ["kubernets", "kubernetes"],
    ["promethues", "prometheus"],
    ["forwards", "forward"],
    ["loadbalancer", "loadbalance"],
    ["error", "errors"],
    ["host", "hosts"],
    ["cahce", "cache"],
  ])("%s is a slip for %s", (name, meant) => {
    expect(standingOf(PLUGINS, name, "1.12.1")).toEqual({ is: "misspelled", meant });
  });

  // Plugins that builds of one's own have, of coredns.io/explugins and of platforms.
  test.each([
    ...[
      "alias",
      "alternate",
      "amazondns",
      "blocker",
      "demo",
      "docker",
      "dockerdiscovery",
      "dso",
      "dump",
      "dynapi",
      "ebpf",
    ],
    ...[
      "ens",
      "example",
      "fallback",
      "fanout",
      "finalize",
      "flatten",
      "gathersrv",
      "git",
      "gravwell",
      "gslb",
      "idetcd",
    ],
    ...["ipecho", "ipin", "json", "k8s_cache", "k8s_crd", "k8s_dns_chaos", "k8s_event", "k8s_gateway", "kubeforward"],
    ...["kubenodes", "kubernetai", "lighthouse", "mdns", "meship", "meshname", "multicluster", "mysql", "mysql_extend"],
    ...[
      "netbox",
      "ocp_dnsnameresolver",
      "pdsql",
      "pocketbase",
      "rebind",
      "records",
      "recursor",
      "redis",
      "redis_cache",
    ],
    ...["redisc", "responsefilter", "rrl", "tailscale", "umbrella", "unbound", "warnlist", "wgsd"],
  ])("of %s nothing is claimed", (name) => {
    for (const version of [null, "1.6.9", "1.15.0"])
      expect(standingOf(PLUGINS, name, version)).toEqual({ is: "taken" });
  });

  test("a name that the version does not know is not what was meant", () => {
    expect(standingOf(PLUGINS, "timeout", "1.9.3")).toEqual({ is: "taken" });
    expect(standingOf(PLUGINS, "timeout", "1.10.1")).toEqual({ is: "misspelled", meant: "timeouts" });
  });

  test("a name of the prototype of objects is none of CoreDNS", () => {
    expect(standingOf(PLUGINS, "constructor", "1.12.1")).toEqual({ is: "taken" });
  });

  test("whatever has gone was there before", () => {
    for (const { since, until } of [...Object.values(PLUGINS), ...Object.values(KUBERNETES_OPTIONS)]) {
      if (until !== undefined) expect(since < until).toBe(true);
    }
  });
});
