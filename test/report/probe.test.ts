import { describe, expect, it } from "vitest";
import { probeExitCode } from "../../src/cli/commands/probe.ts";
import { probeText } from "../../src/report/probe.ts";
import { plainStyle } from "../../src/report/style.ts";
import { coreDnsPod, corefileMap, kubeDnsService } from "../kube-dns.ts";
import { snapshotOf } from "../rules/table.ts";
import { probeOf } from "./probed.ts";

const OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: { name: default }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: ClusterIP, clusterIP: None, clusterIPs: [None], selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: default, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: [{ addresses: [10.244.0.8], conditions: { ready: true }, hostname: web-0 }]
ports: [{ name: http, port: 80, protocol: TCP }]
---${kubeDnsService()}
---${coreDnsPod()}
---${corefileMap(".:53 {\n kubernetes cluster.local {\n ttl 30\n }\n}\n")}
`;
const WEB = "web.default.svc.cluster.local.";
const style = (width = 80, unicode = true) =>
  plainStyle({ width, columns: width, colour: false, unicode, cut: false, program: "kheadless" });

type Places = NonNullable<NonNullable<Parameters<typeof snapshotOf>[0]["clusterDns"]>["probe"]>;

function seen(probe: Places, name = WEB, failed: Parameters<typeof probeOf>[2] = []) {
  const snapshot = snapshotOf({ name: "a case", live: true, objects: OBJECTS, clusterDns: { probe } });
  return probeOf(snapshot, [{ name, types: ["A"] }], failed);
}

const GOOD = [`- udp A ${WEB} NOERROR 10.244.0.8`, `10.96.0.10 tcp A ${WEB} NOERROR 10.244.0.8`];

describe("what was seen from inside", () => {
  it("is told in few lines where all is as predicted", async () => {
    const document = seen([{ replies: [...GOOD, `10.244.0.2 udp A ${WEB} NOERROR 10.244.0.8`] }]);
    expect(document.names.map(({ resolves }) => resolves)).toEqual([true]);
    expect(probeExitCode(document)).toBe(0);
    expect(await probeText(document, style(), false)).toBe(`\
Asked from pod default/kheadless-probe-node-1 on node-1 · 1 name as predicted

  ✓ web.default.svc.cluster.local 10.244.0.8

  SERVER                    UDP  NO EDNS  TCP  DIFFER  MS MIN/MED/MAX
  resolv.conf (10.96.0.10)  1/1  -        -    0       0.3/0.3/0.3
  cluster DNS (10.96.0.10)  -    -        1/1  0       0.3/0.3/0.3
  coredns-a (10.244.0.2)    1/1  -        -    0       0.3/0.3/0.3
  dig 9.18.1, search default.svc.cluster.local ndots:5
`);
  });

  it("leaves open what a short name comes to, where the search list there is of another domain", () => {
    const replies = [WEB, "web.svc.cluster.local.", "web.cluster.local."].map((name) =>
      name === WEB ? `- udp A ${name} NOERROR 10.244.0.8` : `- udp A ${name} NXDOMAIN`,
    );
    const search = (domain: string) => [`default.svc.${domain}`, `svc.${domain}`, domain];
    const ours = seen([{ search: search("cluster.local"), replies }], "web");
    expect(ours.names.map(({ resolves }) => resolves)).toEqual([true]);
    const others = seen([{ search: search("corp.example"), replies }], "web");
    expect(others.names.map(({ resolves }) => resolves)).toEqual([null]);
    expect(probeExitCode(others)).toBe(3);
  });

  it("fits 80 columns, however long the names of nodes and replicas are", async () => {
    const node = "worker-with-a-rather-long-name.example";
    const objects = OBJECTS.replaceAll("coredns-a", "coredns-67d455b65d-ckd6h").replaceAll(
      "10.244.0.2",
      "10.244.0.194",
    );
    const probe = [{ node, replies: [...GOOD, `10.244.0.194 udp A ${WEB} NOERROR 10.244.0.8`] }];
    const snapshot = snapshotOf({ name: "a case", live: true, objects, clusterDns: { probe } });
    const text = await probeText(probeOf(snapshot, [{ name: WEB, types: ["A"] }]), style(), false);
    const [headline, verdict, ...rest] = text.split("\n");
    expect(headline).toBe(`Asked from pod default/kheadless-probe-${node} on ${node}`);
    expect(verdict).toBe("1 name as predicted");
    expect(rest.filter((line) => line.length > 80)).toEqual([]);
    expect(text).toContain("coredns-67d455b65d-ckd6h  1/1");
  });

  it("tells of no replica that an image without dig could not ask", async () => {
    const document = seen([
      { tool: "none", replies: [`- udp A ${WEB} MISSING no tool`], lacks: ["the image has no dig"] },
    ]);
    const text = (await probeText(document, style(), false)).replaceAll(/\n */g, " ");
    expect(text).not.toMatch(/answers at its own address|none,/);
    expect(text).toContain("Not checked: the image has no dig");
  });

  it("begins with what is wrong, and says who said it", async () => {
    const document = seen([{ replies: [...GOOD, `10.244.0.2 udp A ${WEB} NOERROR 10.244.0.9`] }]);
    const text = await probeText(document, style(), false);
    expect(text).toContain(
      "\n1 of 1 name not as predicted\n\n  ✗ web.default.svc.cluster.local A: without 10.244.0.8,",
    );
    expect(text.replaceAll(/\n +/g, " ")).toContain("with 10.244.0.9 besides; so coredns-a (10.244.0.2) over UDP");
    expect(probeExitCode(document)).toBe(1);
  });

  it("does not resolve where the client's own name servers say nothing, whatever the others say", async () => {
    const document = seen([{ replies: [`- udp A ${WEB} SILENT no answer within 2 s`, GOOD[1] ?? ""] }]);
    expect(document.names[0]?.resolves).toBe(false);
    const text = await probeText(document, style(), false);
    expect(text).toContain("✗ resolv.conf (10.96.0.10) says nothing over UDP: no answer within 2 s");
    expect(probeExitCode(document)).toBe(1);
  });

  it("is neither right nor wrong where the log does not tell", () => {
    const document = seen([
      { replies: [`- udp A ${WEB} MISSING the log does not tell`], lacks: ["the output ends early"] },
    ]);
    expect(document.names[0]?.resolves).toBeNull();
    expect(document.names[0]?.unchecked).toEqual([{ reason: "the output ends early" }]);
    expect(probeExitCode(document)).toBe(3);
  });

  it("of an answer that was cut only what is too much is held against it", () => {
    const cut = seen([{ replies: [`- udp A ${WEB} tc NOERROR`, GOOD[1] ?? ""] }]);
    expect(cut.names[0]?.candidates[0]?.observed[0]).toMatchObject({ agrees: null, truncated: true });
    const wrong = seen([{ replies: [`- udp A ${WEB} tc NOERROR 10.9.9.9`] }]);
    expect(wrong.names[0]?.candidates[0]?.observed[0]).toMatchObject({
      agrees: false,
      differences: ["with 10.9.9.9 besides"],
    });
  });

  it("counts losses, times and codes over all rounds", () => {
    const replies = [GOOD[0] ?? "", `- udp A ${WEB} SILENT timed out`, `- udp A ${WEB} NXDOMAIN`];
    expect(seen([{ replies }]).names[0]?.candidates[0]?.observed[0]).toMatchObject({
      sent: 3,
      lost: 1,
      rcodes: ["NOERROR", null, "NXDOMAIN"],
      latency: { min: 0.3, median: 0.3, max: 0.3 },
    });
  });

  it("tells by node which of them are answered otherwise, and which could not be asked", async () => {
    const document = seen(
      [
        { node: "node-1", replies: GOOD },
        { node: "node-2", replies: [`- udp A ${WEB} NXDOMAIN`] },
        { node: "node-3", replies: GOOD },
      ],
      WEB,
      [{ node: "node-4", because: "it is not ready" }],
    );
    expect(document.names[0]?.resolves).toBe(false);
    const lines = (await probeText(document, style(), false)).split("\n");
    expect(lines[0]).toBe("Asked from 4 nodes · 1 of 1 name not as predicted");
    expect(lines.find((line) => line.startsWith("node-2"))).toContain("answers other than on most nodes");
    expect(lines.find((line) => line.startsWith("node-3"))).toMatch(/as predicted$/);
    expect(lines.find((line) => line.startsWith("node-4"))).toContain("it is not ready");
  });

  it("claims nothing of a node that could not be asked", async () => {
    const document = seen([{ replies: GOOD }], WEB, [{ node: "node-4", because: "it is not ready" }]);
    expect(await probeText(document, style(), false)).toContain("1 name as predicted from 1 of 2 nodes");
    expect(probeExitCode(document)).toBe(3);
  });

  it("a refused port is wrong, and the Service's own port is no fault", async () => {
    const open = seen([{ replies: GOOD, connects: ["10.244.0.8 80 open", "10.244.0.8 8080 service refused"] }]);
    expect(probeExitCode(open)).toBe(0);
    const shut = seen([{ replies: GOOD, connects: ["10.244.0.8 80 refused Connection refused"] }]);
    expect(probeExitCode(shut)).toBe(1);
    const text = await probeText(shut, style(), false);
    expect(text).toContain("✗ 10.244.0.8:80 (web-0) refused: Connection refused");
  });

  it("says which resolver a client asks that bypasses cluster DNS", async () => {
    const document = seen([{ client: "pod/web-0", nameservers: ["192.0.2.1"], replies: [`- udp A ${WEB} NXDOMAIN`] }]);
    const text = await probeText(document, style(), false);
    expect(text.replaceAll(/\n +/g, " ")).toContain(
      "the resolv.conf of pod/web-0 names 192.0.2.1, which is not cluster DNS",
    );
  });

  it("says whether it was the client's own Pod, or one like it", async () => {
    const replies = [`- udp A ${WEB} NOERROR 10.244.0.8`];
    const within = seen([{ client: "pod/web-0", replies }]);
    expect(await probeText(within, style(), false)).toMatch(/^Asked from pod\/web-0 on node-1 · /);
    const like = seen([{ client: "pod/web-0", like: true, nameservers: ["192.0.2.1"], replies }]);
    const text = (await probeText(like, style(), false)).replaceAll(/\n +/g, " ");
    expect(text).toMatch(/^Asked from a Pod like pod\/web-0 on node-1 · /);
    expect(text).toContain("the resolv.conf of default/kheadless-probe-node-1 names 192.0.2.1");
  });

  it("prints nothing that a terminal could take as a command", async () => {
    const hostile = `- udp A ${WEB} NOERROR \u001b[31m10.244.0.8\u0007`;
    const text = await probeText(seen([{ node: "node\u001b[2J", replies: [hostile] }]), style(80, false), true);
    expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
  });
});
