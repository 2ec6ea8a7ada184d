import { dnsQuestionsOf } from "../../diagnosis/resolution.ts";
import { parseName, reverseName } from "../../dns/name.ts";
import type { RecordType } from "../../dns/records.ts";
import type { DnsQuestion } from "../../objects/observation.ts";
import type { Errand, ErrandResult } from "../../objects/probe.ts";
import type { Snapshot } from "../../objects/snapshot.ts";
import { indexSnapshot } from "../../objects/snapshot-index.ts";
import type { Place, Vantage } from "../../probe/ask.ts";
import { toJson, toYaml } from "../../report/data.ts";
import { doctorQuestions } from "../../trace/questions.ts";
import { zoneOf } from "../../trace/zone.ts";
import { type Context, notice } from "../context.ts";
import { UsageError } from "../errors.ts";
import { PATH_RESOURCES, readScope } from "../input.ts";
import { type Live, withCluster } from "../live.ts";
import { writeOutputs } from "../output.ts";
import { type ProbeOptions, placeOf, timeoutOf } from "../probe-options.ts";
import { agreed, podAt, runAt } from "../probe-run.ts";
import { parseServiceArgument, type ServiceArgument } from "../service-argument.ts";
import { settingsOf } from "../settings.ts";
import { moreFor, typesOf } from "./resolve.ts";

/** What is asked about. */
interface Asked {
  readonly names: readonly string[];
  readonly services: readonly ServiceArgument[];
  readonly types: readonly RecordType[];
  readonly rounds: number;
}

export async function probe(names: readonly string[], given: ProbeOptions, context: Context): Promise<void> {
  const { options } = await settingsOf(given, context);
  if (options.clean) return clean(names, options, context);
  if (options.allNamespaces) throw new UsageError("-A goes with --clean: a probe asks from one namespace");
  const asked = askedOf(names, options, context);
  const { DEFAULT_IMAGE, errandCommand, readErrandLog } = await import("../../probe/index.ts");
  const placeIn = (namespace: string): Place => placeOf(options, namespace, DEFAULT_IMAGE);
  // Whatever is wrong with the options is told before a cluster is looked for.
  const kind = placeIn("default").kind;
  if (options.dryRun && kind !== "pod") {
    throw new UsageError("--dry-run shows the one Pod that would be made: leave --every-node and --in away");
  }
  await withCluster(options, context, async (live) => {
    const place = placeIn(live.connection.namespace);
    if (!(await agreed(place, options, live, context))) {
      notice(context, "nothing was put into the Pod, and nothing asked");
      return context.end(3);
    }
    const snapshot = await read(asked, live, options);
    const errand = await errandOf(asked, snapshot, timeoutOf(options));
    const program = errandCommand(errand);
    if (options.dryRun && place.kind === "pod") {
      context.streams.stdout.write(toYaml(await podAt(live, place, program, context)));
      return;
    }
    const isWhole = (log: string): boolean => readErrandLog(log, errand).lacks.length === 0;
    const vantages = await runAt(live, place, program, { timeout: timeoutOf(options), isWhole }, context);
    const seen = vantages.map((vantage) => ({
      vantage,
      result: vantage.status === "ran" ? readErrandLog(vantage.log, errand) : null,
    }));
    await writeOutputs(
      (format) => {
        if (format === "json") return toJson(seen);
        if (format === "yaml") return toYaml(seen);
        return seen.flatMap(({ vantage, result }) => lines(vantage, result)).join("");
      },
      options,
      context,
    );
    if (seen.some(({ result }) => result === null || result.lacks.length > 0)) context.end(3);
  });
}

async function clean(names: readonly string[], options: ProbeOptions, context: Context): Promise<void> {
  if (names.length > 0 || options.service !== undefined) throw new UsageError("--clean asks nothing: leave names away");
  const { cleanUp } = await import("../../probe/index.ts");
  await withCluster(options, context, async ({ connection, interrupted }) => {
    const namespace = options.allNamespaces ? null : connection.namespace;
    const removed = await cleanUp(connection, namespace, interrupted);
    for (const pod of removed) context.streams.stdout.write(`pod/${pod.name} removed from ${pod.namespace}\n`);
    const place = namespace === null ? "any namespace" : `namespace ${namespace}`;
    if (removed.length === 0) notice(context, `No Pods of your earlier probes in ${place}.`);
  });
}

function askedOf(names: readonly string[], options: ProbeOptions, context: Context): Asked {
  const { service = [], count = "1", clusterDomain = "cluster.local" } = options;
  if (names.length + service.length === 0) {
    throw new UsageError(`say what to ask for: ${context.program} probe NAME, or probe --service SERVICE`);
  }
  for (const name of names) {
    const parsed = reverseName(name) === null ? parseName(name.endsWith(".") ? name : `${name}.`) : null;
    if (parsed !== null && !parsed.ok) {
      throw new UsageError(`${JSON.stringify(name)} is no DNS name: ${parsed.error.message}`);
    }
  }
  const rounds = Number(count);
  if (!/^\d+$/.test(count) || rounds < 1 || rounds > 1000) {
    throw new UsageError(`--count ${count}: write a number from 1 to 1000`);
  }
  return {
    names,
    services: service.map((text) => parseServiceArgument(text, clusterDomain, context.program)),
    types: options.type === undefined ? [] : typesOf(options.type),
    rounds,
  };
}

async function read({ names, services }: Asked, live: Live, options: ProbeOptions): Promise<Snapshot> {
  const { namespace: own } = live.connection;
  const namespaces = [...new Set([own, ...services.map(({ namespace }) => namespace ?? own)])];
  const questions = names.map((name) => ({ name, types: [], namespace: own, from: null }));
  const scope = {
    namespaces,
    resources: PATH_RESOURCES,
    clusterDns: true,
    more: (snapshot: Snapshot) => moreFor(questions, snapshot),
  };
  return readScope(live.connection, options, scope, live.interrupted);
}

async function errandOf(
  { names, services, types, rounds }: Asked,
  snapshot: Snapshot,
  timeout: number,
): Promise<Errand> {
  const { randomSuffix } = await import("../../probe/index.ts");
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const namespace = snapshot.defaultNamespace;
  const subjects = services.map((one) => ({ name: one.name, namespace: one.namespace ?? namespace }));
  const questions: readonly DnsQuestion[] = [
    ...names.flatMap((name) => dnsQuestionsOf({ name, types, namespace, from: null }, zone)),
    ...(subjects.length === 0 ? [] : doctorQuestions(index, zone, subjects)),
  ];
  const route = { server: null, port: 53, transport: "udp", bufferSize: null, checkingDisabled: false } as const;
  return {
    nonce: randomSuffix(),
    lanes: [{ route, questions: questions.map(({ name, type }) => ({ name, type })) }],
    connects: [],
    rounds,
    budget: Math.max(1, Math.floor(timeout / 2000)),
  };
}

function lines(vantage: Vantage, result: ErrandResult | null): readonly string[] {
  if (vantage.status === "failed" || result === null) {
    return [`${vantage.node}: ${vantage.status === "failed" ? vantage.because : ""}\n`];
  }
  return [
    `${vantage.pod.namespace}/${vantage.pod.name} on ${vantage.node}\n`,
    ...result.replies.map((reply) => {
      const said = reply.status === "answered" ? reply.rcode : `${reply.status}: ${reply.because}`;
      const answers =
        reply.status === "answered" ? reply.answers.map(({ data }) => JSON.stringify(data)).join(" ") : "";
      return `  ${reply.name} ${reply.type} ${said} ${answers}\n`;
    }),
    ...result.lacks.map((lack) => `  not checked: ${lack}\n`),
  ];
}
