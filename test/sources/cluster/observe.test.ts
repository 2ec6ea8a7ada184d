import { describe, expect, it } from "vitest";
import type { DnsQuestion } from "../../../src/objects/observation.ts";
import type { DnsReplica, ObservationPlan } from "../../../src/objects/observation-plan.ts";
import type { Snapshot } from "../../../src/objects/snapshot.ts";
import { askReplicas, observe } from "../../../src/sources/cluster/observe.ts";
import { type Received, serveStream } from "../../dns/dns-server.ts";
import { type Forwarded, type ForwardOptions, serveForwards } from "./forward-server.ts";
import { connectTo, never } from "./setup.ts";

const replica = (name: string, more: Partial<DnsReplica> = {}): DnsReplica => ({
  namespace: "kube-system",
  name,
  ip: "10.244.0.2",
  ready: true,
  port: 53,
  ...more,
});
const question = (name: string, type = "A"): DnsQuestion => ({ name, type, checkingDisabled: false });
const web = question("web.shop.svc.cluster.local.");
const quick = { silence: 300, total: 1500 };

/** Lets a forwarded port speak DNS. */
const dns = (behave: (question: Received) => void) => (forwarded: Forwarded) =>
  serveStream(
    {
      on: (event, listener) => forwarded.on(event, listener),
      write: (bytes) => forwarded.write(bytes, 7),
      destroy: () => forwarded.destroy(),
    },
    0,
    [],
    behave,
  );
const address = (data: string) =>
  dns((received) => received.answer({ answers: [{ name: received.name, type: "A", ttl: 30, data }] }));

async function forwards(behave: (forwarded: Forwarded) => void, options: ForwardOptions = {}) {
  const server = await serveForwards(behave, options);
  const { forward } = await connectTo(server);
  return { forward, server };
}

describe("askReplicas", () => {
  it("asks every replica at its own port and tells what each said", async () => {
    const { forward, server } = await forwards((forwarded) =>
      address(forwarded.pod === "a" ? "10.0.0.1" : "10.0.0.2")(forwarded),
    );
    const found = await askReplicas(
      forward,
      [replica("a"), replica("b", { port: 1053, ready: false })],
      [web],
      never,
      quick,
    );
    expect(found).toMatchObject({
      status: "complete",
      items: [
        {
          pod: { namespace: "kube-system", name: "a" },
          ready: true,
          failure: null,
          answers: [{ status: "answered", again: false, answers: [{ data: "10.0.0.1" }] }],
        },
        { pod: { name: "b" }, ready: false, failure: null, answers: [{ answers: [{ data: "10.0.0.2" }] }] },
      ],
    });
    expect(server.forwarded.map(({ pod, port }) => `${pod}:${port}`).sort()).toEqual(["a:53", "b:1053"]);
    await expect.poll(() => server.open()).toBe(0);
  });

  it("a replica that hangs or talks nonsense is observed to, one whose connection breaks is not, and the others answer", async () => {
    const { forward } = await forwards((forwarded) => {
      if (forwarded.pod === "breaks") forwarded.on("data", () => forwarded.destroy());
      else if (forwarded.pod === "talks nonsense") forwarded.on("data", () => forwarded.write(Buffer.alloc(300, 0xff)));
      else if (forwarded.pod === "answers") address("10.0.0.1")(forwarded);
    });
    const names = ["hangs", "breaks", "talks nonsense", "answers"];
    const found = await askReplicas(
      forward,
      names.map((name) => replica(name)),
      [web, question("a.shop.svc.cluster.local.")],
      never,
      quick,
    );
    expect(found).toMatchObject({
      status: "partial",
      because: "cluster DNS could not be asked: replica breaks: the connection ended before the answer",
    });
    const items = found.status === "partial" ? found.items : [];
    expect(items.map(({ pod }) => pod.name)).toEqual(["hangs", "talks nonsense", "answers"]);
    const said = items.map(({ answers }) => answers.map((one) => (one.status === "failed" ? one.because : one.rcode)));
    expect(said[0]).toEqual(["no answer within 0.3 s", "no answer within 0.3 s"]);
    expect(said[1]?.[0]).toMatch(/^no answer within/);
    expect(said[2]).toEqual(["NOERROR", "NOERROR"]);
    // What does not belong to an answer stays behind.
    for (const { answers } of items) for (const answer of answers) expect(answer).not.toHaveProperty("lost");
  });

  it("a connection that breaks on the way leaves what was answered, and says that it was not all", async () => {
    const { forward } = await forwards((forwarded) => {
      let count = 0;
      dns((received) => {
        count++;
        if (count === 1 && received.name.startsWith("web.")) {
          received.answer({ answers: [{ name: received.name, type: "A", ttl: 30, data: "10.0.0.1" }] });
        } else forwarded.destroy();
      })(forwarded);
    });
    const found = await askReplicas(forward, [replica("a")], [web, question("b.shop.svc.")], never, quick);
    expect(found).toMatchObject({
      status: "partial",
      items: [{ failure: null, answers: [{ name: web.name, status: "answered" }] }],
      because: "replica a of cluster DNS was not asked everything: the connection ended before the answer",
    });
  });

  it("where nobody says anything, nobody is blamed", async () => {
    const { forward } = await forwards(() => {});
    expect(await askReplicas(forward, [replica("a"), replica("b")], [web], never, quick)).toMatchObject({
      status: "unavailable",
      because: expect.stringMatching(/^no replica of cluster DNS says anything over a forwarded port/),
    });
  });

  it("where the way to a replica fails, nothing is said of the replica", async () => {
    const { forward } = await forwards((forwarded) => {
      if (forwarded.pod === "a") forwarded.fail("dial tcp4 127.0.0.1:53: connect: connection refused");
      else address("10.0.0.1")(forwarded);
    });
    expect(await askReplicas(forward, [replica("a"), replica("b")], [web], never, quick)).toMatchObject({
      status: "partial",
      items: [{ pod: { name: "b" } }],
      because:
        "cluster DNS could not be asked: replica a: nothing listens on localhost:53 within the Pod (connection refused)",
    });
    const down = await forwards(() => {}, {
      refuse: () => ({ status: 500, body: JSON.stringify({ message: "error dialing backend: no route to host" }) }),
    });
    expect(await askReplicas(down.forward, [replica("a")], [web], never, quick)).toMatchObject({
      status: "unavailable",
      because: "cluster DNS could not be asked: replica a: error dialing backend: no route to host",
    });
  });

  it("a Pod that is gone, and a connection that never comes, are failures of the replica", async () => {
    const refuse = () => ({ status: 404, body: JSON.stringify({ message: 'pods "a" not found' }) });
    const gone = await forwards(() => {}, { refuse });
    expect(await askReplicas(gone.forward, [replica("a")], [web], never, quick)).toMatchObject({
      status: "complete",
      items: [{ failure: "there is no Pod kube-system/a any more", answers: [] }],
    });
    const silent = await forwards(() => {}, { silent: true });
    expect(await askReplicas(silent.forward, [replica("a")], [web], never, { silence: 100, total: 200 })).toMatchObject(
      {
        status: "complete",
        items: [{ failure: "no connection within 0.2 s", answers: [] }],
      },
    );
  });

  it("without the permission nothing was observed, and what to ask for is said", async () => {
    const message =
      'pods "a" is forbidden: User "dev" cannot get resource "pods/portforward" in API group "" in the namespace "kube-system"';
    const { forward } = await forwards(() => {}, {
      refuse: () => ({ status: 403, body: JSON.stringify({ message }) }),
    });
    expect(await askReplicas(forward, [replica("a"), replica("b")], [web], never, quick)).toEqual({
      status: "unavailable",
      because:
        "no permission to forward ports to Pods in kube-system (user dev): ask for get and create on pods/portforward there (docs/rbac.yaml)",
      byNature: false,
    });
  });

  it("asks no more than sixteen, and says so", async () => {
    const { forward, server } = await forwards(address("10.0.0.1"));
    const many = Array.from({ length: 20 }, (_, index) => replica(`dns-${index}`));
    const found = await askReplicas(forward, many, [web], never, quick);
    expect(found).toMatchObject({ status: "partial", because: "only the first 16 of 20 replicas were asked" });
    expect(server.forwarded).toHaveLength(16);
  });
});

describe("observe", () => {
  const snapshot = (description: string): Snapshot => ({
    source: { kind: "cluster", description },
    takenAt: null,
    clusterDomain: null,
    defaultNamespace: "default",
    lists: {
      services: [],
      endpointSlices: [],
      endpoints: [],
      pods: [],
      workloads: [],
      events: [],
      namespaces: [],
      nodes: [],
      configMaps: [],
      networkPolicies: [],
    },
    invalid: [],
  });
  const other = question("other.shop.svc.cluster.local.");
  const plan: ObservationPlan = {
    replicas: () => ({ replicas: [replica("a")], because: "" }),
    questions: () => [web, other],
    steady: (_before, _after, questions) => questions,
    doubts: ({ clusterDns }) => {
      const observations = clusterDns?.observations;
      const [first] = observations?.status === "complete" ? observations.items : [];
      return (first?.answers ?? []).some((one) => one.status === "answered" && one.answers[0]?.data === "10.0.0.9")
        ? [web]
        : [];
    },
  };

  it("puts what was answered into the Snapshot, once where all is as expected", async () => {
    const { forward, server } = await forwards(address("10.0.0.1"));
    const seen = await observe(forward, snapshot("first"), plan, () => Promise.reject(new Error("not needed")), never);
    expect(seen.source.description).toBe("first");
    expect(seen.clusterDns).toMatchObject({
      access: null,
      logs: null,
      observations: { status: "complete", items: [{ answers: [{ again: false }, { again: false }] }] },
    });
    expect(server.forwarded).toHaveLength(1);
  });

  it("reads and asks again before an unexpected answer counts, then also past the cache", async () => {
    const { forward } = await forwards(address("10.0.0.9"));
    const reads = ["second", "third"];
    const seen = await observe(forward, snapshot("first"), plan, async () => snapshot(reads.shift() ?? "more"), never);
    expect(seen.source.description).toBe("third");
    const observations = seen.clusterDns?.observations;
    const answers = observations?.status === "complete" ? observations.items[0]?.answers : [];
    expect(answers?.map(({ name, checkingDisabled, again }) => [name, checkingDisabled, again])).toEqual([
      [web.name, false, true],
      [other.name, false, false],
      [web.name, true, true],
    ]);
  });

  it("blames nobody for what is still changing", async () => {
    const { forward } = await forwards(address("10.0.0.9"));
    const reads = ["second", "third"];
    const moving: ObservationPlan = {
      ...plan,
      steady: (before, after) => {
        expect([before, after].map(({ source }) => source.description)).toEqual(["second", "third"]);
        return [];
      },
    };
    const seen = await observe(
      forward,
      snapshot("first"),
      moving,
      async () => snapshot(reads.shift() ?? "more"),
      never,
    );
    const observations = seen.clusterDns?.observations;
    const answers = observations?.status === "complete" ? observations.items[0]?.answers : [];
    expect(answers?.map(({ again }) => again)).toEqual([false, false, false]);
  });

  it("lets go of what is as expected the second time, without a third reading", async () => {
    let asked = 0;
    const { forward } = await forwards((forwarded) => {
      asked++;
      address(asked === 1 ? "10.0.0.9" : "10.0.0.1")(forwarded);
    });
    const reads = ["second"];
    const seen = await observe(forward, snapshot("first"), plan, async () => snapshot(reads.shift() ?? "more"), never);
    expect(seen.source.description).toBe("second");
    const observations = seen.clusterDns?.observations;
    const answers = observations?.status === "complete" ? observations.items[0]?.answers : [];
    expect(answers?.map(({ again }) => again)).toEqual([false, false, false]);
  });

  it("says why nobody could be asked", async () => {
    const { forward } = await forwards(() => {});
    const nobody = { ...plan, replicas: () => ({ replicas: [], because: "no Pod of cluster DNS is running" }) };
    const seen = await observe(forward, snapshot("first"), nobody, async () => snapshot("second"), never);
    expect(seen.clusterDns?.observations).toMatchObject({
      status: "unavailable",
      because: "no Pod of cluster DNS is running",
    });
  });
});
