import { type ProbeDocument, type ProbeNameDocument, probeDocument } from "../../diagnosis/probe.ts";
import { candidatesOf, type Question } from "../../diagnosis/resolution/question.ts";
import { resolveName } from "../../diagnosis/resolution.ts";
import { parseName, reverseName } from "../../dns/name.ts";
import type { RecordType } from "../../dns/records.ts";
import { predict } from "../../dns/zone.ts";
import { meantInstead } from "../../objects/near-names.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Snapshot } from "../../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { Vantage } from "../../probe/ask.ts";
import { makesPod, type Place } from "../../probe/place.ts";
import { toYaml } from "../../report/data.ts";
import { probeText } from "../../report/probe.ts";
import { serviceConnects, serviceQuestions } from "../../trace/errand-plan.ts";
import { probed } from "../../trace/probed.ts";
import type { SubjectName } from "../../trace/subjects.ts";
import { type ClusterZone, zoneOf } from "../../trace/zone.ts";
import { documentOf, moreFor, podNamed, resolutionData, typesOf } from "../asked-names.ts";
import { type Context, notice } from "../context.ts";
import { UsageError } from "../errors.ts";
import { PATH_RESOURCES, readScope } from "../input.ts";
import { type Live, withCluster } from "../live.ts";
import { writeAnswer } from "../output.ts";
import { askInside, prepareErrand, type WantedFrom } from "../probe-ask.ts";
import { countOf, type ProbeOptions, placeOf, timeoutOf } from "../probe-options.ts";
import { agreed, podAt } from "../probe-run.ts";
import { timeText } from "../probe-time.ts";
import { parseServiceArgument, type ServiceArgument } from "../service-argument.ts";
import { settingsOf } from "../settings.ts";

/** What is asked about. */
interface Asked {
  readonly names: readonly string[];
  readonly services: readonly ServiceArgument[];
  readonly types: readonly RecordType[];
  readonly rounds: number;
  readonly connect: boolean;
}

/** Asks for names from inside the cluster, and ends as probeExitCode says; also --clean and --dry-run. Throws as doctor does. */
export async function probe(names: readonly string[], given: ProbeOptions, context: Context): Promise<void> {
  const { options } = await settingsOf(given, context);
  if (options.clean) return clean(names, options, context);
  if (options.allNamespaces) throw new UsageError("-A goes with --clean: a probe asks from one namespace");
  const asked = askedOf(names, options, context);
  const { DEFAULT_IMAGE } = await import("../../probe/index.ts");
  const timeout = timeoutOf(options);
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
    const reread = (): Promise<Snapshot> => read(asked, live, options, place);
    const before = await reread();
    const prepared = await prepareErrand(
      before,
      place,
      (snapshot, zone) => wantedOf(asked, snapshot, zone, place),
      timeout,
    );
    if (options.dryRun && place.kind === "pod") {
      context.streams.stdout.write(toYaml(await podAt(live, place, prepared.program, context)));
      return;
    }
    const { snapshot, runs } = await askInside(live, place, before, prepared, reread, timeout, context);
    const document = documentFor(asked, snapshot, runs, place);
    await writeAnswer(
      {
        data: resolutionData(document.names, { vantages: document.vantages }),
        names: document.names.flatMap(resolvingName),
        text: (style, wide) => probeText(document, style, wide),
      },
      options,
      context,
    );
    if (options.debug) {
      for (const run of runs) if (run.status === "ran") notice(context, timeText(run, performance.now()));
    }
    context.end(probeExitCode(document));
  });
}

/**
 * 1: a name that was asked for does not resolve there, an answer is not as predicted, or a port does not open. Else 3: of
 * something it could not be told. Else 0.
 */
export function probeExitCode({ names, vantages }: ProbeDocument): 0 | 1 | 3 {
  const differs = names.some(({ candidates }) =>
    candidates.some(({ observed }) => observed.some((one) => one.agrees === false && !one.checkingDisabled)),
  );
  const shut = vantages.some(({ connects }) =>
    connects.some(({ of, status }) => of === "endpoint" && status !== "open" && status !== "missing"),
  );
  if (differs || shut || names.some(({ resolves }) => resolves === false)) return 1;
  const lacking = vantages.some(({ lacks, pod }) => pod === null || lacks.length > 0);
  return lacking || names.some(({ resolves }) => resolves === null) ? 3 : 0;
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
  const { service = [], clusterDomain = "cluster.local" } = options;
  if (names.length + service.length === 0) {
    throw new UsageError(`say what to ask for: ${context.program} probe NAME, or probe --service SERVICE`);
  }
  for (const name of names) {
    const parsed = reverseName(name) === null ? parseName(name.endsWith(".") ? name : `${name}.`) : null;
    if (parsed !== null && !parsed.ok) {
      throw new UsageError(`${JSON.stringify(name)} is no DNS name: ${parsed.error.message}`);
    }
    // DNS itself would carry them, but no client asks so: it is a slip, and not worth a Pod.
    if (parsed?.ok && parsed.name.labels.some((label) => [...label].some((char) => char <= " " || char === "\x7f"))) {
      throw new UsageError(`${JSON.stringify(name)} is no DNS name: it holds a blank or a control character`);
    }
  }
  if (options.connect && service.length === 0) {
    throw new UsageError("--connect tries the ports of Services: name one with --service");
  }
  return {
    names,
    services: service.map((text) => parseServiceArgument(text, clusterDomain, context.program)),
    types: options.type === undefined ? [] : typesOf(options.type),
    rounds: countOf(options),
    connect: options.connect === true,
  };
}

async function read({ names, services }: Asked, live: Live, options: ProbeOptions, place: Place): Promise<Snapshot> {
  const own = namespaceOf(place);
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

function namespaceOf(place: Place): string {
  return makesPod(place) ? place.options.namespace : place.pod.namespace;
}

/** The client whose resolv.conf names are expanded by; null: any Pod of the namespace. */
function clientIn(place: Place, index: SnapshotIndex): Pod | null {
  return makesPod(place) ? null : podNamed("--in", place.pod.name, place.pod.namespace, index);
}

function subjectsIn({ services }: Asked, namespace: string): readonly SubjectName[] {
  return services.map((one) => ({ name: one.name, namespace: one.namespace ?? namespace, asked: true }));
}

function wantedOf(asked: Asked, snapshot: Snapshot, zone: ClusterZone, place: Place): ReturnType<WantedFrom> {
  const index = indexSnapshot(snapshot);
  const namespace = namespaceOf(place);
  const from = clientIn(place, index);
  const { names, types, rounds, connect } = asked;
  const subjects = subjectsIn(asked, namespace);
  for (const { name, namespace: where } of subjects) refuseMissing(name, where, index);
  return {
    questions: [
      ...names.flatMap((name) => candidatesOf({ name, types, namespace, from }, zone)),
      ...(subjects.length === 0 ? [] : serviceQuestions(index, zone, subjects, types)),
    ],
    connects: connect ? serviceConnects(index, subjects) : [],
    rounds,
  };
}

function refuseMissing(name: string, namespace: string, index: SnapshotIndex): void {
  const list = index.in("services", namespace);
  if (list.status !== "complete" || list.items.some(({ metadata }) => metadata.name === name)) return;
  const known = list.items.map(({ metadata }) => metadata.name);
  const meant = meantInstead(name, known, `kubectl -n ${namespace} get services lists them`);
  throw new UsageError(`there is no Service ${name} in namespace ${namespace}; ${meant}`);
}

/** What was asked about, each name with what was seen of it. */
function documentFor(asked: Asked, snapshot: Snapshot, runs: readonly Vantage[], place: Place): ProbeDocument {
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const namespace = namespaceOf(place);
  const from = clientIn(place, index);
  const apex = `${zone.domain.name}.`;
  const published = Map.groupBy(
    asked.services.length === 0 ? [] : serviceQuestions(index, zone, subjectsIn(asked, namespace), asked.types),
    ({ name }) => name,
  );
  const questions: readonly Question[] = [
    ...asked.names.map((name) => ({ name, types: asked.types, namespace, from })),
    ...[...published]
      .filter(([name]) => name !== apex)
      .map(([name, group]) => ({
        name,
        // Whatever is asked of Services is a type that predictions know.
        types: group.map(({ type }) => type as RecordType),
        namespace,
        from,
      })),
  ];
  const names = questions.map((question) => documentOf(resolveName(question, index, zone), question));
  const seen = probed(
    index,
    zone.dns,
    (name, type) => predict(zone.zone, name, type),
    () => true,
  );
  const { vantages = [], questions: replies = [] } = seen.status === "unavailable" ? {} : seen.value;
  const pods = new Map(
    index.all("pods").flatMap(({ metadata, status }) => (status?.podIPs ?? []).map((ip) => [ip, metadata.name])),
  );
  return probeDocument(names, vantages, replies, nodesWithout(runs), (address) => pods.get(address) ?? null);
}

function nodesWithout(runs: readonly Vantage[]): readonly { readonly node: string; readonly because: string }[] {
  return runs.flatMap((run) => (run.status === "failed" ? [{ node: run.node, because: run.because }] : []));
}

function resolvingName({ question, resolves }: ProbeNameDocument): readonly string[] {
  return resolves === true ? [question.name.replace(/\.$/, "")] : [];
}
