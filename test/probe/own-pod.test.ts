import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { askFrom } from "../../src/probe/ask.ts";
import { cleanUp } from "../../src/probe/clean.ts";
import type { Place } from "../../src/probe/place.ts";
import type { PodName, ProbeWatch, Stage } from "../../src/probe/vantage.ts";
import { send } from "../api-server/server.ts";
import { status } from "../api-server/store.ts";
import { POD_OPTIONS } from "./pod-options.ts";
import { ENDED, type PodsServer, RUNNING, servePods } from "./pods-server.ts";

const place: Place = { kind: "pod", like: null, options: { ...POD_OPTIONS, deadlineSeconds: 60 } };
const program = { command: ["sh", "-c", "true"], args: ["a"] };

interface Watched {
  readonly watch: ProbeWatch;
  readonly stages: Stage[];
  readonly notices: string[];
  readonly left: { readonly pod: PodName; readonly because: string }[];
  readonly first: AbortController;
  readonly second: AbortController;
}

function watched(): Watched {
  const [stages, notices, left] = [[] as Stage[], [] as string[], [] as Watched["left"]];
  const [first, second] = [new AbortController(), new AbortController()];
  const watch: ProbeWatch = {
    interrupted: first.signal,
    abandoned: second.signal,
    progress: ({ stage }) => void (stages.at(-1) === stage || stages.push(stage)),
    notice: (text) => void notices.push(text),
    left: (pod, because) => void left.push({ pod, because }),
  };
  return { watch, stages, notices, left, first, second };
}

async function ask({ connection }: PodsServer, { watch }: Watched, timeout = 20_000): Promise<string> {
  const run = { timeout, isWhole: (log: string) => log.endsWith("whole\n") };
  const [vantage] = await askFrom(connection, place, program, run, watch);
  return vantage?.status === "ran" ? vantage.log : "";
}

const failure = (work: Promise<unknown>): Promise<Error & { advice?: string; exitCode?: number }> =>
  work.then(
    () => new Error("it did not fail"),
    (error) => error,
  );

describe("a Pod of our own", () => {
  it("is made, waited for, read and removed", async () => {
    const server = await servePods({ life: [{ phase: "Pending" }, { phase: "Pending" }, RUNNING, ENDED] });
    const seen = watched();
    expect(await ask(server, seen)).toBe("whole\n");
    expect(server.pods()).toEqual([]);
    expect(seen.stages).toEqual(["creating", "running", "reading", "removing"]);
    expect(seen).toMatchObject({ notices: [], left: [] });
  });

  it("is not made where it could not be removed", async () => {
    const server = await servePods({ lacks: ["delete pods", "get pods/log"] });
    const error = await failure(ask(server, watched()));
    expect(error).toMatchObject({
      message: "no permission to delete pods, get pods/log in shop (user jane)",
      exitCode: 3,
    });
    expect(server.calls).toEqual([]);
  });

  it("is read again where the kubelet hands out its log before the end is written", async () => {
    const server = await servePods({ logs: ["", "who", "whole\n"] });
    expect(await ask(server, watched())).toBe("whole\n");
  });

  it("is read as far as it goes where its log never comes to its end", async () => {
    const server = await servePods({ logs: ["who"] });
    expect(await ask(server, watched())).toBe("who");
  });

  it("is used, and removed, where the answer to its creation was lost", async () => {
    let cut = 0;
    const server = await servePods({
      meddle: ({ method, apply, response }) => {
        if (method !== "POST" || cut++ > 0) return false;
        apply();
        response.destroy();
        return true;
      },
    });
    expect(await ask(server, watched())).toBe("whole\n");
    expect(server.pods()).toEqual([]);
  });

  it("is removed where it is there although its creation is said to have failed", async () => {
    const server = await servePods({
      meddle: ({ method, apply, request, response }) => {
        if (method !== "POST") return false;
        apply();
        send(request, response, 501, status(501, "Timeout", "the request did not complete in time"));
        return true;
      },
    });
    const error = await failure(ask(server, watched()));
    expect(error.message).toContain("did not complete in time");
    expect(server.pods()).toEqual([]);
  });

  it("is asked for again where many change the quota at once", async () => {
    let tries = 0;
    const server = await servePods({
      meddle: ({ method, request, response }) => {
        if (method !== "POST" || tries++ > 1) return false;
        const message = 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified';
        send(request, response, 409, status(409, "Conflict", message));
        return true;
      },
    });
    expect(await ask(server, watched())).toBe("whole\n");
    expect(tries).toBe(3);
  });

  it("is not believed where a webhook changed what it runs", async () => {
    const server = await servePods({
      admit: (spec) => ({ ...spec, containers: spec.containers.map((one) => ({ ...one, command: ["sleep"] })) }),
    });
    const error = await failure(ask(server, watched()));
    expect(error.message).toBe(
      "an admission webhook changed what the probe's Pod runs: what it would say could not be trusted",
    );
    expect(server.pods()).toEqual([]);
  });

  it("is taken with another image and with a sidecar, which is said", async () => {
    const server = await servePods({
      admit: (spec) => ({
        ...spec,
        containers: [...spec.containers.map((one) => ({ ...one, image: "mirror/dig:1" })), { name: "istio-proxy" }],
      }),
    });
    const seen = watched();
    expect(await ask(server, seen)).toBe("whole\n");
    expect(seen.notices).toEqual([
      "an admission webhook changed the image dig:1 to mirror/dig:1",
      "an admission webhook put more into the probe's Pod: container istio-proxy",
    ]);
  });

  it("is told of where it cannot be removed", async () => {
    const server = await servePods({
      meddle: ({ method, request, response }) => {
        if (method !== "DELETE") return false;
        send(request, response, 403, status(403, "Forbidden", "no more"));
        return true;
      },
    });
    const seen = watched();
    expect(await ask(server, seen)).toBe("whole\n");
    expect(seen.left).toEqual([{ pod: { namespace: "shop", name: server.pods()[0] }, because: "no more" }]);
  });

  it("is removed where its time is over, and what it waited for is said", async () => {
    const server = await servePods({ life: [RUNNING] });
    const error = await failure(ask(server, watched(), 700));
    expect(error.message).toMatch(/^Pod shop\/kheadless-probe-\S+ was not done within 0\.7 s: it was running$/);
    expect(server.pods()).toEqual([]);
  });

  it("that is gone before it was done is told of", async () => {
    const server = await servePods({
      life: [RUNNING],
      meddle: ({ method, what, apply }) => {
        if (method === "GET" && what !== "pods") apply();
        return false;
      },
    });
    const error = await failure(ask(server, watched()));
    expect(error.message).toMatch(/^Pod shop\/\S+ was taken away before it was done$/);
  });
});

describe("an interruption", () => {
  const reason = new Error("interrupted");

  it("ends the waiting, and the Pod is removed", async () => {
    const seen = watched();
    const server = await servePods({
      life: [RUNNING],
      meddle: ({ method, what }) => {
        if (method === "GET" && what !== "pods") seen.first.abort(reason);
        return false;
      },
    });
    expect(await failure(ask(server, seen))).toBe(reason);
    expect(server.pods()).toEqual([]);
    expect(seen.left).toEqual([]);
  });

  it("in the middle of the creation waits for its answer, and removes the Pod", async () => {
    const seen = watched();
    const server = await servePods({
      meddle: ({ method }) => {
        if (method === "POST") seen.first.abort(reason);
        return false;
      },
    });
    expect(await failure(ask(server, seen))).toBe(reason);
    const changes = server.calls.filter((call) => !call.startsWith("GET"));
    expect(changes).toEqual(["POST pods", "DELETE pods/NAME"]);
    expect(server.pods()).toEqual([]);
  });

  it("a second time gives up the cleaning, and says what is left", async () => {
    const seen = watched();
    const server = await servePods({
      life: [RUNNING],
      meddle: ({ method, what }) => {
        if (method === "GET" && what !== "pods") seen.first.abort(reason);
        if (method !== "DELETE") return false;
        seen.second.abort(reason);
        return true;
      },
    });
    expect(await failure(ask(server, seen))).toBe(reason);
    expect(seen.left).toEqual([{ pod: { namespace: "shop", name: server.pods()[0] }, because: "interrupted again" }]);
  });
});

describe("what earlier probes left", () => {
  const label = (user: string) => ({
    "kheadless.dev/probe-user": createHash("sha256").update(user).digest("hex").slice(0, 16),
  });

  it("is removed on the way once its deadline is over, and the rest is left alone", async () => {
    const server = await servePods();
    server.put("old", label("jane"), "2026-01-01T11:57:00Z");
    server.put("new", label("jane"), "2026-01-01T11:59:00Z");
    await ask(server, watched());
    expect(server.pods()).toEqual(["new"]);
  });

  it("is removed by --clean, whatever its age", async () => {
    const server = await servePods();
    server.put("new", label("jane"), "2026-01-01T11:59:59Z");
    const removed = await cleanUp(server.connection, "shop", new AbortController().signal);
    expect(removed).toEqual([{ namespace: "shop", name: "new" }]);
    expect(server.pods()).toEqual([]);
  });
});
