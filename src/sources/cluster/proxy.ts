import { BlockList, isIP } from "node:net";
import { ClusterError } from "./errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxy on the way to `server`, null without one: the kubeconfig's `proxy-url`, which holds whatever NO_PROXY says, else
 * HTTPS_PROXY or HTTP_PROXY (mirrors Go's golang.org/x/net/http/httpproxy). Throws a ClusterError of kind `config`.
 */
export function proxyFor(server: URL, proxyUrl: string, env: Env): URL | null {
  if (proxyUrl !== "") return parseProxy(proxyUrl, "proxy-url of the kubeconfig");
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = env[name] || env[name.toLowerCase()] || "";
  if (value === "" || isExempt(server, env.NO_PROXY || env.no_proxy || "")) return null;
  return parseProxy(value.includes("://") ? value : `http://${value}`, name);
}

function parseProxy(text: string, where: string): URL {
  const proxy = URL.parse(text);
  if (proxy === null || proxy.hostname === "" || !/^(https?|socks5h?):$/.test(proxy.protocol)) {
    throw new ClusterError(
      "config",
      `${where} is not the URL of an http, https or socks5 proxy: ${withoutPassword(text)}`,
    );
  }
  return proxy;
}

/** For messages: a proxy's URL may hold a password. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}

function isExempt(server: URL, noProxy: string): boolean {
  const host = hostOf(server);
  const port = server.port || (server.protocol === "https:" ? "443" : "80");
  const family = isIP(host);
  if (host === "localhost" || (family !== 0 && inSubnet(host, "127.0.0.0", 8)) || host === "::1") return true;
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [address = "", bits] = entry.split("/");
      if (bits !== undefined) return family !== 0 && isIP(address) !== 0 && inSubnet(host, address, Number(bits));
      const { name, only } = splitPort(entry);
      if (only !== "" && only !== port) return false;
      if (family !== 0 || isIP(name) !== 0) return host === name;
      const suffix = name.startsWith("*.") ? name.slice(1) : name;
      return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
    });
}

function splitPort(entry: string): { readonly name: string; readonly only: string } {
  if (isIP(entry) !== 0) return { name: entry, only: "" };
  const [, bracketed, plain = "", only = ""] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain, only };
}

function inSubnet(host: string, address: string, bits: number): boolean {
  const family = isIP(address);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  return subnet.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}

/** A URL's host without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}
