import { present } from "../../objects/collected.ts";
import type { Snapshot } from "../../objects/snapshot.ts";
import { indexSnapshot } from "../../objects/snapshot-index.ts";
import { doctorText } from "../../report/doctor.ts";
import { fixPlanText } from "../../report/fix-plan.ts";
import { doctorQuestions, observationPlan } from "../../trace/questions.ts";
import { moreFor } from "../asked-names.ts";
import { type Context, notice } from "../context.ts";
import { missingNamespace, UsageError } from "../errors.ts";
import { manifestInputsOf, PATH_RESOURCES, readInput, type Scope } from "../input.ts";
import type { FindingFormat, InputOptions, JudgeOptions, ObserveOptions, OutputOptions } from "../options.ts";
import { type DoctorProbeOptions, probeInput } from "../probe-input.ts";
import { refuseWithoutProbe } from "../probe-options.ts";
import { report } from "../report-command.ts";
import { parseServiceArgument, type ServiceArgument } from "../service-argument.ts";
import { settingsOf } from "../settings.ts";
import { notReadOf, placeLooked, subjectsAsked } from "../subjects.ts";

export interface DoctorOptions
  extends InputOptions,
    ObserveOptions,
    JudgeOptions,
    DoctorProbeOptions,
    OutputOptions<FindingFormat> {
  readonly fixPlan?: true;
}

/**
 * Walks the path of the named Services, or of all that are headless or needed headless, and ends with 0, 1 or 3 (exitCode).
 * Throws UsageError, InputError, ClusterError or ProbeError, and Interrupted where the user ends it; so do all commands.
 */
export async function doctor(services: readonly string[], given: DoctorOptions, context: Context): Promise<void> {
  const settings = await settingsOf(given, context);
  const { options } = settings;
  refuseFixPlan(options);
  if (!options.probe) refuseWithoutProbe(options);
  if (services.length > 0 && options.selector !== undefined) {
    throw new UsageError("-l chooses among all Services: leave it away where they are named");
  }
  const domain = options.clusterDomain ?? "cluster.local";
  const named = services.map((text) => parseServiceArgument(text, domain, context.program));
  const scope = {
    namespaces: options.allNamespaces ? "all" : namespacesOf(named, options.namespace ?? ""),
    resources: PATH_RESOURCES,
    clusterDns: true,
    configMaps: true,
    // A Service that is not here may be elsewhere: that is what its asker wants to be told.
    more: (read: Snapshot) =>
      named.some((one) => !isIn(read, one)) ? { namespaces: "all", resources: ["services"] } : behindAliases(read),
    observe: observationPlan((read, zone) => doctorQuestions(read, zone, subjectsAsked(read, named, options))),
  } satisfies Scope;
  const reading = options.probe ? probeInput(named, scope, options, context) : readInput(options, scope, context);
  const snapshot = await reading.catch((error: unknown) => {
    throw asPodName(error, named, context) ?? error;
  });
  const index = indexSnapshot(snapshot);
  const subjects = subjectsAsked(index, named, options);
  const { applied, defaultNamespace } = snapshot;
  const asked = applied === undefined ? [defaultNamespace] : applied.namespaces;
  const notRead = named.length === 0 ? notReadOf(snapshot, (namespace) => asked.includes(namespace)) : [];
  if (subjects.length === 0 && notRead.length === 0) {
    notice(context, `No headless Services found in ${placeLooked(snapshot, options)}.`);
  }
  const everything = named.length === 0 && options.selector === undefined;
  const worlds = [{ input: null, index, subjects }];
  const text = options.fixPlan ? fixPlanText : doctorText;
  await report({ name: "doctor", showsOk: true, text }, { worlds, everything, notRead, settings }, context);
}

/** `mysql-0.mysql` is read as a Service of namespace mysql; where there is no such namespace, a Pod's name was meant. */
function asPodName(
  error: unknown,
  named: readonly ServiceArgument[],
  { program }: Pick<Context, "program">,
): UsageError | null {
  const missing = missingNamespace(error);
  const pod = named.find(({ name, namespace }) => namespace !== null && namespace === missing && /-[0-9]+$/.test(name));
  if (pod === undefined || !(error instanceof Error)) return null;
  const { name, namespace } = pod;
  return new UsageError(
    `${error.message}; of Pod ${name} below Service ${namespace}, ask ${program} resolve ${name}.${namespace}, or ${program} doctor ${namespace}`,
  );
}

/** What the aliases that were read lead to in other namespaces: whether they answer is told from there. */
function behindAliases(read: Snapshot): ReturnType<NonNullable<Scope["more"]>> {
  const targets = read.lists.services.flatMap(({ result }) =>
    present(result).flatMap(({ metadata, spec }) =>
      spec.type === "ExternalName" && spec.externalName
        ? [{ name: `${spec.externalName.replace(/\.$/, "")}.`, types: [], namespace: metadata.namespace, from: null }]
        : [],
    ),
  );
  return targets.length === 0 ? null : moreFor(targets, read);
}

/** Throws UsageError where remedies are no commands, or would be told in another format. */
function refuseFixPlan({ fixPlan, output, ...input }: DoctorOptions): void {
  if (!fixPlan) return;
  if (manifestInputsOf(input).length > 0) {
    throw new UsageError(
      "--fix-plan is for a cluster, whose remedies are commands; manifests are mended by lint --fix",
    );
  }
  if (output !== "text") throw new UsageError(`--fix-plan prints a script: it does not go with -o ${output}`);
}

/** The namespaces that the names lie in; without names, the one that is meant. "" stands for the context's. */
function namespacesOf(named: readonly ServiceArgument[], own: string): readonly string[] {
  return named.length === 0 ? [own] : [...new Set(named.map(({ namespace }) => namespace ?? own))];
}

function isIn({ lists, defaultNamespace }: Snapshot, { name, namespace }: ServiceArgument): boolean {
  return lists.services.some(
    ({ result }) =>
      result.status !== "unavailable" &&
      result.items.some(
        ({ metadata }) => metadata.name === name && metadata.namespace === (namespace ?? defaultNamespace),
      ),
  );
}
