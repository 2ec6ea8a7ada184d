import type { Service } from "../objects/service.ts";
import { answeredAddresses } from "../trace/answered.ts";
import type { Parts } from "../trace/trace.ts";
import { count, listed } from "../trace/words.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The name answers, and what it leads to does not. A refusal comes from the Pod's own kernel: nothing listens on that port.
 * Where nothing comes back at all, the Pod may as well be closed to this client only, so that it is a warning.
 */
export const connectionRefused = defineRule({
  id: "connection-refused",
  link: "connect",
  severity: "error",
  summary: "the name answers, and the port does not",
  needs: { probed: "present", endpointSlices: "present" },
  applies: ({ service }) => service !== null,
  check({ service, probed, endpointSlices }) {
    if (service === null) return [];
    const addresses = new Map(
      answeredAddresses(endpointSlices.ofService).map(({ address, endpoint }) => [address, endpoint.targetRef]),
    );
    // What is no longer published is nobody's to connect to.
    const own = probed.connects.filter((connect) => connect.of === "endpoint" && addresses.has(connect.address));
    const targets = [...Map.groupBy(own, ({ address, port }) => `${address}:${port}`).values()].flatMap((attempts) =>
      targetOf(attempts, (address) => addresses.get(address)?.name ?? null),
    );
    return [...Map.groupBy(targets, ({ port, refused }) => `${port} ${refused}`).values()].flatMap((group) =>
      findingFor(service, group, targets),
    );
  },
});

type Connect = Parts["probed"]["connects"][number];

/** An address and port that did not open, in one round at least. */
interface Target {
  readonly address: string;
  readonly port: number;
  readonly pod: string | null;
  readonly refused: boolean;
  readonly shut: readonly Connect[];
  readonly tried: number;
}

function targetOf(attempts: readonly Connect[], podOf: (address: string) => string | null): readonly Target[] {
  const tried = attempts.filter(({ status }) => status !== "missing");
  const shut = tried.filter(({ status }) => status !== "open");
  const [first] = shut;
  if (first === undefined) return [];
  const { address, port } = first;
  const refused = shut.some(({ status }) => status === "refused");
  return [{ address, port, pod: podOf(address), refused, shut, tried: tried.length }];
}

function findingFor(service: Service, group: readonly Target[], all: readonly Target[]): readonly RuleFinding[] {
  const [first] = group;
  if (first === undefined) return [];
  const { namespace } = service.metadata;
  const { port, refused } = first;
  const who = listed(group.map(({ pod, address }) => (pod === null ? address : `${pod} (${address})`)));
  const message = refused
    ? `Port ${port} of ${who} refuses connections: the name leads there, and nothing listens on it.`
    : `Port ${port} of ${who} does not open, nor refuse: something on the way drops what is sent there.`;
  const pods = group.flatMap(({ pod }) => (pod === null ? [] : [pod]));
  const place = first.shut[0]?.vantage;
  return [
    {
      object:
        pods.length === 1 && all.length === 1
          ? { apiVersion: "v1", kind: "Pod", namespace, name: pods[0] ?? "" }
          : service,
      severity: refused ? "error" : "warning",
      message,
      evidence: group.slice(0, SHOWN).map(({ address, shut, tried }) => {
        const times = tried > 1 ? `, ${shut.length} of ${count(tried, "time")}` : "";
        const [one] = shut;
        return `from ${place?.node || place?.pod.name}: ${address}:${port} ${one?.status}${times}${one?.because ? ` (${one.because})` : ""}`;
      }),
      remedy: (refused ? refusedRemedy(service, port, pods) : droppedRemedy(service)).join("\n"),
    },
  ];
}

const SHOWN = 6;

function refusedRemedy({ metadata, spec }: Service, port: number, pods: readonly string[]): readonly string[] {
  const { namespace, name } = metadata;
  const ports = spec.ports.map((one) => `${one.port} -> ${one.targetPort}`).join(", ");
  const [pod] = pods;
  return [
    note(`Service ${name} has port ${ports}; see on which port, and on which address, the program listens:`),
    ...(pod === undefined
      ? [kubectl(namespace, "get", "pods", "-o", "wide")]
      : [kubectl(namespace, "logs", pod, "--tail=50")]),
    note(
      `one that listens on 127.0.0.1 only is reached by nobody else; else set targetPort to the right one, not ${port}`,
    ),
    kubectl(namespace, "edit", "service", name),
  ];
}

function droppedRemedy({ metadata: { namespace, name } }: Service): readonly string[] {
  return [
    note("a NetworkPolicy may let only some clients in: ask as one of them"),
    `kheadless doctor svc/${name} -n ${namespace} --probe --like pod/CLIENT`,
    kubectl(namespace, "get", "networkpolicies"),
  ];
}
