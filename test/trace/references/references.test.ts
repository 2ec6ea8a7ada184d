import { describe, expect, test } from "vitest";
import { namespaceLookups } from "../../../src/trace/lookups.ts";
import { manifests } from "../world.ts";

/** Where a container means Service `web` of its namespace, `default`. */
function mentions(container: string): readonly string[] {
  const service =
    "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { clusterIP: None, selector: { app: web } }\n";
  const client = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: client }\nspec: { template: { spec: { containers: [{ name: c, image: c:1, ${container} }] } } }\n`;
  const references = namespaceLookups(manifests(`${service}---\n${client}`)).references();
  const names = ["web", "web.default", "web.default.svc", "web.default.svc.cluster.local"];
  return names.flatMap((host) =>
    references
      .naming("default", host)
      .flatMap(({ label, written, isHost }) => (isHost || host !== "web" ? [`${label}=${written}`] : [])),
  );
}

describe("a host", () => {
  test.each([
    'env: [{ name: API, value: "http://web:8080/path" }]',
    'env: [{ name: API, value: "web:8080" }]',
    "env: [{ name: API_HOST, value: web }]",
    'env: [{ name: X, value: "postgres://user:secret@web/db" }]',
    'env: [{ name: X, value: "a:1,web:2,b:3" }]',
    "env: [{ name: X, value: web.default }]",
    "env: [{ name: X, value: web.default.svc.cluster.local. }]",
    'args: ["--upstream=web"]',
    'args: ["-c", "nc -z web.default.svc 80"]',
    'command: [wait-for, "WEB.default:80"]',
    'command: [sh, -c, "for s in web db; do curl http://$s:80; done"]',
    'env: [{ name: NS, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }, { name: API, value: "http://web.$(NS).svc" }]',
  ])("is one: %s", (container) => {
    expect(mentions(container)).toHaveLength(1);
  });

  test.each([
    "env: [{ name: ROLE, value: web }]",
    'args: ["web", "--mode=web"]',
    'env: [{ name: PEER, value: "web-0.web:2380" }]',
    'env: [{ name: PEER, value: "http://web.other:80" }]',
    'env: [{ name: PEER, value: "http://my-web:80" }]',
    'env: [{ name: PEER, value: "http://web-headless:80" }]',
    'env: [{ name: PEER, value: "web.example.com:80" }]',
    "env: [{ name: WEB_HOST, valueFrom: { fieldRef: { fieldPath: status.podIP } } }]",
    'env: [{ name: IMAGE, value: "registry/web:1.2" }]',
    'env: [{ name: FILE, value: "/etc/web.default/x" }]',
    'env: [{ name: URL, value: "http://$(NOWHERE)web.default/" }]',
    'command: [sh, -c, "# curl http://web:80\\ntrue"]',
  ])("is none: %s", (container) => {
    expect(mentions(container)).toEqual([]);
  });

  test("tells the variable, or the flag, and the whole text", () => {
    const places = mentions('env: [{ name: API, value: "http://web:80/a" }], args: ["--to=web:1", "web:2"]');
    expect(places).toEqual(["API=http://web:80/a", "--to=web:1", "argument=web:2"]);
  });
});
