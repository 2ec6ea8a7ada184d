import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/sources/cluster/errors.ts";
import { proxyFor } from "../../../src/sources/cluster/proxy.ts";

const SERVER = new URL("https://api.east.example.com:6443");

function through(server: URL, env: Record<string, string>, proxyUrl = ""): string | null {
  return proxyFor(server, proxyUrl, env)?.href ?? null;
}

describe("proxyFor", () => {
  test("https servers go by HTTPS_PROXY, http servers by HTTP_PROXY, in either case of letters", () => {
    expect(through(SERVER, { HTTPS_PROXY: "http://p:3128", HTTP_PROXY: "http://q" })).toBe("http://p:3128/");
    expect(through(SERVER, { https_proxy: "p:3128" })).toBe("http://p:3128/");
    expect(through(SERVER, { HTTP_PROXY: "http://q" })).toBeNull();
    expect(through(new URL("http://api.example.com"), { HTTP_PROXY: "http://q" })).toBe("http://q/");
  });

  test("the kubeconfig's proxy-url holds whatever the environment says", () => {
    const env = { HTTPS_PROXY: "http://p", NO_PROXY: "*" };
    expect(through(SERVER, env, "socks5://s:1080")).toBe("socks5://s:1080");
    expect(through(new URL("https://localhost"), env, "https://s")).toBe("https://s/");
  });

  test.each(["https://localhost:6443", "https://127.0.0.1:6443", "https://127.8.9.1", "https://[::1]:6443"])(
    "%s is never asked through the environment's proxy",
    (server) => {
      expect(through(new URL(server), { HTTPS_PROXY: "http://p" })).toBeNull();
    },
  );

  test.each<[string, string, boolean]>([
    ["api.east.example.com", "*", true],
    ["api.east.example.com", "example.com", true],
    ["api.east.example.com", ".example.com", true],
    ["api.east.example.com", "*.example.com", true],
    ["api.east.example.com", "ple.com", false],
    ["example.com", "example.com", true],
    ["example.com", ".example.com", false],
    ["example.com", "other.com, EXAMPLE.com:6443", true],
    ["example.com", "example.com:443", false],
    ["10.1.2.3", "10.0.0.0/8", true],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.4,11.0.0.0/8,10.0.0.0/99", false],
    ["[fd00::1]", "fd00::/8", true],
    ["[fd00::1]", "[fd00::1]:6443", true],
    ["10.1.2.3", "", false],
  ])("%s under NO_PROXY=%s: exempt %s", (host, noProxy, exempt) => {
    const found = through(new URL(`https://${host}:6443`), { HTTPS_PROXY: "http://p", NO_PROXY: noProxy });
    expect(found === null).toBe(exempt);
  });

  test("what is no proxy's URL is refused without telling its password", () => {
    const refuse = () => through(SERVER, {}, "ftp://me:secret@p");
    expect(refuse).toThrow(ClusterError);
    expect(refuse).toThrow("proxy-url of the kubeconfig is not the URL of an http, https or socks5 proxy: ftp://p");
  });
});
