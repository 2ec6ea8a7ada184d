import { CATALOGUE } from "../../diagnosis/catalogue.ts";
import { docsOf } from "../../diagnosis/engine.ts";
import type { Severity } from "../../rules/rule.ts";
import { toJson } from "../data.ts";
import type { FindingDocument, ReportDocument, SuppressedDocument } from "../document.ts";
import { fingerprintsOf } from "./fingerprint.ts";
import { type CiRun, cleanReport, objectText } from "./run.ts";

const LEVEL = { error: "error", warning: "warning", info: "note" } as const satisfies Record<Severity, string>;

/**
 * `-o sarif`: SARIF 2.1.0 (OASIS), one run. Rules that were met stand in `tool.driver.rules` with their pages as help;
 * places are relative to the root of the repository; what was silenced is there with its suppression; what could not be
 * checked is a notification of the invocation, so that a run without results does not read as more than it was.
 */
export async function sarifText(report: ReportDocument, run: CiRun): Promise<string> {
  const document = cleanReport(report);
  const met = [...document.findings, ...document.suppressed];
  const rules = CATALOGUE.filter(({ id }) => met.some(({ rule }) => rule === id));
  const prints = await fingerprintsOf(met);
  const ruleIndex = new Map(rules.map(({ id }, at) => [id, at]));
  return toJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "kheadless",
            version: run.version,
            informationUri: "https://github.com/kheadless/kheadless",
            rules: await Promise.all(
              rules.map(async ({ id, link, severity, summary }) => ({
                id,
                ...describedBy(summary, await run.pageOf(id)),
                helpUri: docsOf(id),
                defaultConfiguration: { level: LEVEL[severity] },
                properties: { tags: ["kubernetes", "dns", ...(link === null ? [] : [link])] },
              })),
            ),
          },
        },
        automationDetails: { id: `kheadless-${run.command}/` },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications(document) }],
        results: met.map((finding, at) => ({
          ruleId: finding.rule,
          // A test's rules, or those of a version to come, are not in the catalogue.
          ...(ruleIndex.has(finding.rule) ? { ruleIndex: ruleIndex.get(finding.rule) } : {}),
          level: LEVEL[finding.severity],
          message: { text: messageOf(finding) },
          locations: locationsOf(finding, run),
          partialFingerprints: { "kheadless/v1": prints[at] },
          suppressions: "by" in finding ? [suppressionOf(finding as SuppressedDocument)] : [],
          properties: { evidence: finding.evidence, services: finding.services },
        })),
      },
    ],
  });
}

/** GitHub wants the longer description, too, and cuts it at 1,024 characters. */
function describedBy(summary: string, page: string | null): object {
  const what = /\n## What happens\n\n([\s\S]*?)(?:\n\n|$)/
    .exec(page ?? "")?.[1]
    ?.replaceAll("\n", " ")
    .slice(0, 1000);
  return {
    shortDescription: { text: plain(summary) },
    fullDescription: { text: plain(what ?? summary) },
    ...(page === null ? {} : { help: { text: plain(page), markdown: page } }),
  };
}

function messageOf({ message, remedy }: FindingDocument): string {
  return plain(remedy === "" ? message : `${message}\n\n${remedy}`);
}

function locationsOf(finding: FindingDocument, { pathOf }: CiRun): readonly object[] {
  const { location, object } = finding;
  const path = location === undefined ? null : pathOf(location.file);
  const physical =
    location === undefined || path === null
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(path), uriBaseId: "%SRCROOT%" },
            region: { startLine: location.line, startColumn: location.column },
          },
        };
  const logical =
    object === null
      ? {}
      : { logicalLocations: [{ name: object.name, fullyQualifiedName: objectText(finding), kind: "resource" }] };
  return path === null && object === null ? [] : [{ ...physical, ...logical }];
}

/** A relative reference (RFC 3986): no segment of a path can be taken for a scheme, a query or an escape. */
function uriOf(path: string): string {
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}

function suppressionOf({ kind, by, reason }: SuppressedDocument): object {
  return {
    kind: kind === "annotation" || kind === "comment" ? "inSource" : "external",
    status: "accepted",
    justification: reason === null ? by : `${reason} (${by})`,
  };
}

/** One for each reason, with all that it kept from being judged. */
function notifications({ unchecked, notRead }: ReportDocument): readonly object[] {
  const reasons = Map.groupBy(
    [
      ...unchecked.map(({ reason, rule, byNature }) => ({ reason, what: rule, byNature })),
      ...notRead.map(({ reason, resource }) => ({ reason, what: resource as string, byNature: false })),
    ],
    ({ reason }) => reason,
  );
  return [...reasons].map(([reason, entries]) => ({
    level: entries.every(({ byNature }) => byNature) ? "note" : "warning",
    message: {
      text: plain(`Not checked: ${[...new Set(entries.map(({ what }) => what))].join(", ")} (${reason})`),
    },
  }));
}

/**
 * Text in which a reader of SARIF finds no link (`[text](target)`) and no placeholder (`{0}`). Other brackets and braces
 * stay as they are: the standard would double every brace, and viewers show them doubled.
 */
function plain(text: string): string {
  return text.replace(/\](?=\()/g, "\\]").replace(/\{([0-9]+)\}/g, "{{$1}}");
}
