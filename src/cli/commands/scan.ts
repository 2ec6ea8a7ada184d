import type { Verdict } from "../../diagnosis/chain.ts";
import type { Judged } from "../../diagnosis/diagnose.ts";
import { type EndpointSlice, serviceNameOf } from "../../objects/endpoint-slice.ts";
import type { Snapshot } from "../../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { ReportDocument, ServiceDocument } from "../../report/document.ts";
import { jsonLine, scanText } from "../../report/scan.ts";
import { type Context, notice } from "../context.ts";
import { PATH_RESOURCES, readInput } from "../input.ts";
import type { FindingFormat, InputOptions, JudgeOptions, OutputOptions } from "../options.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { report } from "../report-command.ts";
import { settingsOf } from "../settings.ts";
import { notReadOf, placeLooked, subjectsAsked } from "../subjects.ts";

export type ScanOptions = InputOptions &
  JudgeOptions &
  OutputOptions<FindingFormat> & { readonly only?: readonly Verdict[]; readonly full?: true };

/** doctor over a namespace or a cluster, a line for each Service, and with its exit codes. Throws as doctor does. */
export async function scan(given: ScanOptions, context: Context): Promise<void> {
  const settings = await settingsOf(given, context);
  const { options } = settings;
  const progress = progressLine(context);
  try {
    const snapshot = await readScanned(options, progress, context);
    const index = indexSnapshot(snapshot);
    const subjects = subjectsAsked(index, [], options);
    const notRead = notReadOf(snapshot, (one) => options.allNamespaces === true || one === snapshot.defaultNamespace);
    if (subjects.length === 0 && notRead.length === 0) {
      progress.clear();
      notice(context, `No headless Services found in ${placeLooked(snapshot, options)}.`);
    }
    if (notRead.some(({ resource, namespace }) => resource === "services" && namespace === null)) {
      progress.clear();
      notice(context, `What may not be listed as a whole is read by namespace: ${context.program} scan -n NAMESPACE`);
    }
    const told = standingOf(index);
    const isShown = ({ verdict }: Pick<ServiceDocument, "verdict">): boolean => options.only?.includes(verdict) ?? true;
    const asLines = (options.output as string) === LINES;
    let judged = 0;
    await report(
      {
        name: "doctor",
        showsOk: false,
        text: (document, style, wide) => scanText(document, style, wide, snapshot.takenAt),
        lines: {
          format: LINES,
          last: ({ source, summary, notRead: lists }) => jsonLine({ kind: "Summary", source, summary, notRead: lists }),
        },
      },
      {
        worlds: [{ input: null, index, subjects }],
        everything: options.selector === undefined,
        notRead,
        settings,
        onJudged(one) {
          if (asLines && isShown(one.service)) context.streams.stdout.write(lineOf(one, told));
          judged++;
          if (judged % SOME === 0) progress.show(`judged ${judged} of ${subjects.length} Services`);
        },
        shown(document) {
          progress.clear();
          const only = shownOf({ ...document, services: document.services.map(told) }, isShown);
          if (only.services.length === 0 && document.services.length > 0) {
            notice(context, `None of ${document.services.length} is ${(options.only ?? []).join(" or ")}.`);
          }
          return only;
        },
      },
      context,
    );
  } finally {
    progress.clear();
  }
}

/** The format that is written as it goes. */
const LINES = "jsonl";
/** A request takes as long as so many Pods, read on two cores beside an API server on the same ones. */
const REQUEST_WORTH = 40;
/** Services between two pictures of the progress line: judging leaves a timer no turn. */
const SOME = 50;

async function readScanned(options: ScanOptions, progress: ProgressLine, context: Context): Promise<Snapshot> {
  const { allNamespaces, namespace } = options;
  const clusterDomain = options.clusterDomain ?? null;
  const request = { resources: PATH_RESOURCES, clusterDns: true, configMaps: true, clusterDomain, bulk: true };
  const scope = { namespaces: allNamespaces ? ("all" as const) : [namespace ?? ""], ...request };
  return readInput(
    options,
    {
      ...scope,
      async live(connection, signal) {
        // What is decoded is mostly thrown away at once: V8 would let the space for it grow to what all else takes twice over,
        // and be no faster for it. Node 22 to 26 know the flag.
        (await import("node:v8")).setFlagsFromString("--semi-space-growth-factor=1");
        const { readAllowed, readCluster } = await import("../../sources/cluster.ts");
        const lessPods = options.full === true ? undefined : { now: new Date(), requestWorth: REQUEST_WORTH };
        const { tally } = connection.api;
        progress.show(() => `read ${tally.objects} objects, ${megabytes(tally.bytes)} MB`);
        try {
          return await (allNamespaces
            ? readAllowed(connection, { ...request, lessPods }, signal)
            : readCluster(connection, { ...scope, lessPods }, signal));
        } finally {
          progress.clear();
        }
      },
    },
    context,
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** Adds a Service's endpoints, and since when it is there. */
function standingOf(index: SnapshotIndex): (service: ServiceDocument) => ServiceDocument {
  const key = (namespace: string, name: string | null): string => `${namespace}/${name ?? ""}`;
  const slices = Map.groupBy(index.all("endpointSlices"), (slice) =>
    key(slice.metadata.namespace, serviceNameOf(slice)),
  );
  const services = new Map(index.all("services").map((one) => [key(one.metadata.namespace, one.metadata.name), one]));
  // What slices of manifests hold is not what a cluster would make.
  const live = index.snapshot.source.kind !== "manifests";
  return (service) => {
    const own = key(service.namespace, service.name);
    const read = live && index.in("endpointSlices", service.namespace).status !== "unavailable";
    return {
      ...service,
      endpoints: read ? endpointsIn(slices.get(own) ?? []) : null,
      creationTimestamp: services.get(own)?.metadata.creationTimestamp ?? null,
    };
  };
}

/** Dual-stack Services have their endpoints in two slices: they count once. */
function endpointsIn(slices: readonly EndpointSlice[]): { readonly ready: number; readonly total: number } {
  const families = [...Map.groupBy(slices, ({ addressType }) => addressType).values()].map((family) => {
    const endpoints = family.flatMap((slice) => slice.endpoints);
    return { ready: endpoints.filter(({ conditions }) => conditions.ready !== false).length, total: endpoints.length };
  });
  return families.sort((a, b) => b.total - a.total)[0] ?? { ready: 0, total: 0 };
}

/** What `--only` leaves of a report; how the program ends goes by everything that was found. */
function shownOf(document: ReportDocument, isShown: (service: ServiceDocument) => boolean): ReportDocument {
  const services = document.services.filter(isShown);
  if (services.length === document.services.length) return document;
  const names = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
  const concerns = (of: readonly string[]): boolean => of.some((name) => names.has(name));
  return {
    ...document,
    services,
    findings: document.findings.filter((finding) => concerns(finding.services)),
    unchecked: document.unchecked.filter((one) => concerns(one.services)),
  };
}

function lineOf({ service, findings, unchecked }: Judged, told: (service: ServiceDocument) => ServiceDocument): string {
  return jsonLine({ kind: "ServiceReport", service: told(service), findings, unchecked });
}
