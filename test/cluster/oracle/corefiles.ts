// Other Corefiles than kubeadm's, each with one thing changed that decides answers.
interface Blocks {
  /** Options within the kubernetes plugin. */
  readonly kubernetes?: readonly string[];
  /** `pods` there. */
  readonly pods?: string;
  readonly ttl?: number | null;
  /** The cache plugin's lines, null for none. */
  readonly cache?: readonly string[] | null;
  /** Plugins beside it. */
  readonly plugins?: readonly string[];
  readonly zones?: string;
  /** Whole blocks behind it. */
  readonly more?: string;
}

function corefile({
  kubernetes = [],
  pods = "insecure",
  ttl = 30,
  cache = [],
  plugins = [],
  zones = "cluster.local in-addr.arpa ip6.arpa",
  more = "",
}: Blocks): string {
  const lines = (indent: string, list: readonly string[]): string => list.map((line) => `${indent}${line}\n`).join("");
  const cached =
    cache === null
      ? ""
      : cache.length === 0
        ? "    cache 30 {\n        disable success cluster.local\n        disable denial cluster.local\n    }\n"
        : lines("    ", cache);
  return `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
${lines("    ", plugins)}    kubernetes ${zones} {
        pods ${pods}
        fallthrough in-addr.arpa ip6.arpa
${ttl === null ? "" : `        ttl ${ttl}\n`}${lines("        ", kubernetes)}    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
${cached}    loop
    reload
    loadbalance
}
${more}`;
}

/** `exposed=yes` is on half of the namespaces, and on some Services and slices. */
export const COREFILES: Readonly<Record<string, string>> = {
  "pods verified": corefile({ pods: "verified" }),
  "pods disabled": corefile({ pods: "disabled" }),
  endpoint_pod_names: corefile({ kubernetes: ["endpoint_pod_names"] }),
  noendpoints: corefile({ kubernetes: ["noendpoints"] }),
  "namespaces kube-system": corefile({ kubernetes: ["namespaces kube-system"] }),
  namespace_labels: corefile({ kubernetes: ["namespace_labels exposed=yes"] }),
  labels: corefile({ kubernetes: ["labels exposed=yes"] }),
  "ttl 0 without cache": corefile({ ttl: 0, cache: null }),
  "ttl 5 without cache": corefile({ ttl: 5, cache: null }),
  "ttl 300 without cache": corefile({ ttl: 300, cache: null }),
  "no ttl without cache": corefile({ ttl: null, cache: null }),
  "ttl 0 with cache": corefile({ ttl: 0, cache: ["cache 30"] }),
  "ttl 5 with cache": corefile({ ttl: 5, cache: ["cache 30"] }),
  "ttl 300 with cache": corefile({ ttl: 300, cache: ["cache 30"] }),
  "ttl 300 with a cache that is disabled for the zone": corefile({ ttl: 300 }),
  "cache with own bounds": corefile({
    ttl: 60,
    cache: ["cache {", "    success 9984 20", "    denial 9984 7", "}"],
  }),
  "ignore empty_service": corefile({ kubernetes: ["ignore empty_service"] }),
  "rewrite name": corefile({
    plugins: [
      "rewrite name suffix .corp.test. .svc.cluster.local. answer auto",
      "rewrite name regex ^nothing\\.cluster\\.local\\.$ dns-version.cluster.local.",
    ],
  }),
  "rewrite behind an EDNS0 rule that continues, with names turned back": corefile({
    plugins: [
      "rewrite continue edns0 local set 0xffee 0x61",
      "rewrite name regex ^(.*\\.)?gone\\.(.*)\\.$ {1}web.{2} answer auto",
    ],
  }),
  "template for some names of one type": corefile({
    plugins: ["template IN AAAA {", "    match ^web\\. ^_", "    rcode NXDOMAIN", "    fallthrough", "}"],
  }),
  "a block for Services beside that of the zone": corefile({
    more: "svc.cluster.local:53 {\n    kubernetes cluster.local {\n        ttl 9\n        endpoint_pod_names\n    }\n}\n",
  }),
  "a second zone": corefile({ zones: "cluster.local second.test in-addr.arpa ip6.arpa" }),
  "a block for one zone only": corefile({ zones: "cluster.local" }).replace(".:53", "cluster.local:53"),
  autopath: corefile({ pods: "verified", plugins: ["autopath @kubernetes"] }),
};
