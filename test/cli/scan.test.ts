import { describe, expect, onTestFinished, test } from "vitest";
import { kubeconfigFor, makeFolder } from "../api-server/kubeconfig.ts";
import { headlessService, shop } from "../api-server/objects.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../api-server/server.ts";
import type { StoredObject } from "../api-server/store.ts";
import { type Ended, run, start } from "./run.ts";

/** The shop, and beside it a Service of each kind of trouble, in two namespaces. */
function objects(): readonly StoredObject[] {
  return [
    ...shop(),
    headlessService("shop", "typo", { app: "mysq1" }),
    headlessService("default", "alone", { app: "none" }, { team: "a" }),
  ];
}

async function serve(options: Partial<ApiServerOptions> = {}): Promise<{
  readonly server: ApiServer;
  readonly kheadless: (...args: string[]) => Promise<Ended>;
}> {
  const server = await startApiServer({ objects: objects(), protobuf: true, ...options });
  const folder = await makeFolder();
  onTestFinished(async () => {
    await server.close();
    await folder.remove();
  });
  const config = { KUBECONFIG: await folder.write("config", kubeconfigFor(server)) };
  return { server, kheadless: (...args) => start(args, config).ended };
}

const rows = (stdout: string) =>
  stdout
    .split("\n\n")[0]
    ?.split("\n")
    .map((line) => line.split(/ {2,}/).slice(0, 5));

describe("scan of a cluster", () => {
  test("a line for each Service, worst first, read as protobuf", async () => {
    const { server, kheadless } = await serve();
    const ended = await kheadless("scan", "-A");
    expect(ended.status).toBe(1);
    const shown = rows(ended.stdout) ?? [];
    expect(shown[0]).toEqual(["NAMESPACE", "NAME", "VERDICT", "READY", "AT"]);
    expect(shown).toContainEqual(["default", "alone", "broken", "0/0", "selector"]);
    expect(shown).toContainEqual(["shop", "typo", "broken", "0/0", "selector"]);
    expect(shown).toContainEqual(["shop", "mysql", "broken", "1/1", "cluster-dns"]);
    const lists = server.requests.filter(
      ({ path }) => !/rbac|authorization/.test(path) && /^\/apis?\/[^/]+(\/v1)?\/[a-z]+$/.test(path),
    );
    expect(lists.length).toBeGreaterThan(8);
    for (const { headers, query } of lists) {
      expect(headers.accept).toContain("protobuf");
      // Only of metadata a sample comes first.
      expect(query.has("limit")).toBe(headers.accept?.includes("as=PartialObjectMetadataList") === true);
    }
  });

  test("finds what doctor finds", async () => {
    const { kheadless } = await serve();
    const report = async (...args: string[]) =>
      // One remedy holds the moment at which it was written.
      JSON.parse((await kheadless(...args, "-o", "json")).stdout.replace(/(looked-at=)[0-9TZ:.-]+/g, "$1now"));
    const [scan, doctor] = [await report("scan", "-A"), await report("doctor", "-A")];
    expect(scan.findings).toEqual(doctor.findings);
    expect(
      scan.services.map(
        ({ endpoints: _, creationTimestamp: __, ...service }: object & Record<string, unknown>) => service,
      ),
    ).toEqual(doctor.services);
    for (const { namespace, name } of scan.services) {
      const one = await report("doctor", name, "-n", namespace);
      const own = scan.findings.filter(({ services }: { services: string[] }) =>
        services.includes(`${namespace}/${name}`),
      );
      const key = ({ rule, object, field }: Record<string, unknown>) => ({ rule, object, field });
      expect(own.map(key)).toEqual(one.findings.map(key));
    }
  });

  test("--full asks for no metadata of Pods, and for every Pod at once", async () => {
    const { server, kheadless } = await serve();
    const [less, full] = [await kheadless("scan", "-A"), await kheadless("scan", "-A", "--full")];
    expect(full.stdout).toBe(less.stdout);
    const asked = server.requests.filter(({ path }) => path === "/api/v1/pods");
    const isMetadata = asked.map(({ headers }) => headers.accept?.includes("as=PartialObjectMetadataList"));
    // Nothing of these Pods tells when it was last written.
    expect(isMetadata).toEqual([true, false, false]);
  });

  test("the same of a server that speaks no protobuf", async () => {
    const [protobuf, json] = [await serve(), await serve({ protobuf: false })];
    const [one, other] = [await protobuf.kheadless("scan", "-A"), await json.kheadless("scan", "-A")];
    expect(one.stdout).toBe(other.stdout);
  });

  test("one namespace, and the Services with a label", async () => {
    const { server, kheadless } = await serve();
    expect((await kheadless("scan", "-n", "shop")).stdout).not.toContain("alone");
    expect(server.requests.some(({ path }) => path === "/api/v1/pods")).toBe(false);
    expect(rows((await kheadless("scan", "-A", "-l", "team=a")).stdout)?.map(([, name]) => name)).toEqual([
      "NAME",
      "alone",
    ]);
  });

  test("-o jsonl: a line for each Service, then one for all", async () => {
    const { kheadless } = await serve();
    const { stdout } = await kheadless("scan", "-A", "-o", "jsonl");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.slice(0, -1).every(({ kind }) => kind === "ServiceReport")).toBe(true);
    expect(lines.at(-1)).toMatchObject({ kind: "Summary", summary: { services: lines.length - 1 } });
    expect(lines[0]).toMatchObject({
      apiVersion: "kheadless/v1",
      service: { name: "alone", endpoints: { ready: 0, total: 0 } },
    });
    expect(lines[0].findings[0].rule).toBe("selector-matches-no-pods");
  });

  test("--only shows some, and does not change how it ends", async () => {
    const { kheadless } = await serve();
    const ended = await kheadless("scan", "-A", "--only", "healthy,degraded");
    expect(ended.status).toBe(1);
    expect(ended.stdout).not.toContain("alone");
    const none = await kheadless("scan", "-A", "--only", "unknown");
    expect(none).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(/^None of \d+ is unknown\.$/m) });
    const wrong = await kheadless("scan", "-A", "--only", "dead");
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("broken, degraded, unknown, healthy") });
  });
});

describe("a cluster that may not be read as a whole", () => {
  test("is read by namespaces, with a line for each that may not", async () => {
    const { server, kheadless } = await serve({
      forbidden: [
        "list services in null",
        "list pods in null",
        "list services in default",
        "list services in kube-system",
      ],
    });
    const ended = await kheadless("scan", "-A");
    expect(ended.status).toBe(1);
    expect(rows(ended.stdout)?.map(([, name]) => name)).toEqual(["NAME", "mysql", "typo"]);
    expect(ended.stdout).toMatch(/^Not read: services of default \(no permission to list services in default/m);
    expect(ended.stdout).toMatch(/^Not read: services of kube-system \(/m);
    expect(server.requests.some(({ path }) => path === "/api/v1/namespaces/default/pods")).toBe(false);
  });

  test("where namespaces may not be listed, the context's own is left", async () => {
    const { kheadless } = await serve({ forbidden: ["list services in null", "list namespaces"] });
    const ended = await kheadless("scan", "-A", "-o", "json");
    const { services, notRead } = JSON.parse(ended.stdout);
    const names = services.map(({ name }: { name: string }) => name);
    expect(names).toContain("alone");
    expect(names).not.toContain("typo");
    expect(notRead).toContainEqual(expect.objectContaining({ resource: "services", namespace: null }));
  });

  test("where nothing may be read, nothing is claimed", async () => {
    const { kheadless } = await serve({ forbidden: ["list services", "list pods"] });
    const ended = await kheadless("scan", "-A");
    expect(ended.status).toBe(3);
    expect(ended.stdout).toContain("Not read: services");
  });
});

test("scan of files and of a snapshot", () => {
  expect(run(["scan", "-f", "examples/mysql-selector-typo.yaml"])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^shop +mysql +broken +- +selector +- /m),
  });
  expect(run(["scan", "--snapshot", "examples/pods-not-ready.snapshot.json"]).stdout).toMatch(
    /^shop +mysql +broken +0\/3 +readiness +72s /m,
  );
});
