import type { ResolutionDocument } from "../../diagnosis/resolution/document.ts";
import { dnsQuestionsOf, type Question } from "../../diagnosis/resolution/question.ts";
import { resolveName } from "../../diagnosis/resolution.ts";
import type { Pod } from "../../objects/pod.ts";
import type { SeenResolvConf } from "../../objects/probe.ts";
import type { Resource, Snapshot } from "../../objects/snapshot.ts";
import { indexSnapshot } from "../../objects/snapshot-index.ts";
import { resolveText } from "../../report/resolve.ts";
import { observationPlan } from "../../trace/questions.ts";
import { zoneOf } from "../../trace/zone.ts";
import { documentOf, moreFor, podNamed, resolutionData, typesOf } from "../asked-names.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { manifestInputsOf, readInput } from "../input.ts";
import { withCluster } from "../live.ts";
import type { InputOptions, ObserveOptions, OutputOptions } from "../options.ts";
import { writeAnswer } from "../output.ts";
import { type PodArgument, podArgument } from "../pod-argument.ts";
import { resolvConfOf } from "../probe-run.ts";
import { settingsOf } from "../settings.ts";

export interface ResolveOptions extends InputOptions, ObserveOptions, OutputOptions {
  readonly type?: string;
  readonly from?: string;
  readonly readResolvConf?: true;
}

/** What answers are made of, and what says why there is none. */
const ANSWER_RESOURCES = [
  "services",
  "endpointSlices",
  "endpoints",
  "pods",
  "namespaces",
] as const satisfies readonly Resource[];

/** Predicts what names answer, along a client's search list, and ends as resolveExitCode says. Throws as doctor does. */
export async function resolve(names: readonly string[], given: ResolveOptions, context: Context): Promise<void> {
  const { options } = await settingsOf(given, context);
  const types = options.type === undefined ? [] : typesOf(options.type);
  const from = options.from === undefined ? null : podArgument("--from", options.from);
  const namespace = from?.namespace ?? options.namespace;
  const seen = await seenIn(from, options, context);
  const questionsIn = (snapshot: Snapshot, pod: Pod | null): readonly Question[] =>
    names.map((name) => ({ name, types, namespace: namespace ?? snapshot.defaultNamespace, from: pod, seen }));
  const read = await readInput(
    options,
    {
      namespaces: [namespace ?? ""],
      resources: ANSWER_RESOURCES,
      clusterDns: true,
      more: (snapshot) => moreFor(questionsIn(snapshot, null), snapshot),
      observe: observationPlan((seen, seenZone) => {
        const pod =
          from === null ? null : podNamed("--from", from.name, namespace ?? seen.snapshot.defaultNamespace, seen);
        return questionsIn(seen.snapshot, pod).flatMap((question) => dnsQuestionsOf(question, seenZone));
      }),
    },
    context,
  );
  const index = indexSnapshot(read);
  const zone = zoneOf(index);
  const pod = from === null ? null : podNamed("--from", from.name, namespace ?? read.defaultNamespace, index);
  const documents = questionsIn(read, pod).map((question) => documentOf(resolveName(question, index, zone), question));
  await writeAnswer(
    {
      data: resolutionData(documents),
      names: documents.flatMap(answeredNames),
      text: (style, wide) => resolveText(documents, style, wide),
    },
    options,
    context,
  );
  context.end(resolveExitCode(documents));
}

/** The resolv.conf that the client really has, where it is to be read; null where it is worked out. */
async function seenIn(
  from: PodArgument | null,
  options: ResolveOptions,
  context: Context,
): Promise<SeenResolvConf | null> {
  if (!options.readResolvConf) return null;
  if (from === null) throw new UsageError("--read-resolv-conf reads that of a client: name it with --from pod/NAME");
  if (manifestInputsOf(options).length > 0 || options.snapshot !== undefined) {
    throw new UsageError("--read-resolv-conf asks a running cluster: it does not go with manifests or --snapshot");
  }
  return withCluster(options, context, (live) =>
    resolvConfOf(live, { name: from.name, namespace: from.namespace ?? live.connection.namespace }, context),
  );
}

/** 1: a name does not resolve. Else 3: of a name it could not be told, or not by all that were to be asked. Else 0. */
export function resolveExitCode(documents: readonly Pick<ResolutionDocument, "resolves" | "unchecked">[]): 0 | 1 | 3 {
  if (documents.some(({ resolves }) => resolves === false)) return 1;
  return documents.some(({ resolves, unchecked }) => resolves === null || unchecked !== undefined) ? 3 : 0;
}

/** `-o name`: the name that answered, without its last dot. */
function answeredNames({ candidates }: ResolutionDocument): readonly string[] {
  const answered = candidates.find(
    ({ asked, predicted }) => asked && predicted.some(({ answers }) => answers.length > 0),
  );
  return answered === undefined ? [] : [answered.name.replace(/\.$/, "")];
}
