import type { ChainLink } from "../../diagnosis/chain.ts";
import { cleanDocument } from "../clean.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "../document.ts";
import { findingsByService } from "../services.ts";
import { type CiRun, objectText, placeText } from "./run.ts";

/** One test of a suite. */
interface Case {
  readonly name: string;
  readonly classname: string;
  /** Why it was not run; null where it was. */
  readonly skipped: string | null;
  /** What fails it. */
  readonly failures: readonly FindingDocument[];
  /** What is told and fails nothing. */
  readonly told: readonly FindingDocument[];
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/**
 * `-o junit`: a suite for each Service name, a test for each link of its path, so that a CI system sees from run to run
 * which link broke. A test fails by findings at or above `--fail-on` (with `never`, by errors), and is skipped where the
 * link could not be judged. What belongs to no Service stands in a suite of its own.
 */
export function junitText(report: ReportDocument, run: CiRun): string {
  const document = cleanDocument(report, true);
  const found = findingsByService(document);
  const suites = [
    ...document.services.map((service) => serviceSuite(service, found(service), run)),
    inputSuite(document, run),
  ];
  const filled = suites.filter(({ cases }) => cases.length > 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // Jenkins' schema has a count of what was skipped in each suite only.
    `<testsuites name="${xmlText(`kheadless ${run.command}`)}" ${failed(filled.flatMap(({ cases }) => cases))} time="0">`,
    ...filled.flatMap((suite) => suiteLines(suite, run)),
    "</testsuites>",
    "",
  ].join("\n");
}

function serviceSuite(service: ServiceDocument, own: readonly FindingDocument[], run: CiRun): Suite {
  const name = `${service.namespace}/${service.name}`;
  const title = `Service ${name}${service.input === undefined ? "" : ` of ${service.input}`}`;
  return {
    name: title,
    cases: service.chain.map((link) => ({
      name: `${title}: ${link.link}`,
      classname: name,
      ...judged(
        own.filter((finding) => finding.link === link.link),
        run,
      ),
      skipped: notJudged(link),
    })),
  };
}

function notJudged({ status, summary }: ChainLink): string | null {
  return status === "unknown" ? `could not be checked: ${summary}` : status === "skipped" ? summary : null;
}

/** What no suite of a Service shows. */
function inputSuite({ findings, services, source }: ReportDocument, run: CiRun): Suite {
  const shown = new Set(
    services.flatMap(({ namespace, name, input, chain }) =>
      chain.map(({ link }) => `${namespace}/${name}\0${link}\0${input}`),
    ),
  );
  const rest = findings.filter(
    (finding) => !finding.services.some((name) => shown.has(`${name}\0${finding.link}\0${finding.input}`)),
  );
  const cases = rest.map((finding) => ({
    name: `${finding.rule}: ${objectText(finding) || placeText(finding, run)}`,
    classname: finding.rule,
    skipped: null,
    ...judged([finding], run),
  }));
  return { name: source.description, cases };
}

function judged(findings: readonly FindingDocument[], { fails }: CiRun): Pick<Case, "failures" | "told"> {
  return {
    failures: findings.filter(({ severity }) => fails(severity)),
    told: findings.filter(({ severity }) => !fails(severity)),
  };
}

function suiteLines({ name, cases }: Suite, run: CiRun): readonly string[] {
  return [
    `  <testsuite name="${xmlText(name)}" ${failed(cases)} skipped="${skippedOf(cases)}" time="0">`,
    ...cases.flatMap((one) => caseLines(one, run)),
    "  </testsuite>",
  ];
}

function caseLines({ name, classname, skipped, failures, told }: Case, run: CiRun): readonly string[] {
  const [first] = failures;
  const body = [
    ...(first === undefined
      ? skipped === null
        ? []
        : [`      <skipped message="${xmlText(skipped)}"/>`]
      : [
          `      <failure type="${xmlText(first.rule)}" message="${xmlText(first.message)}">${xmlText(detail(failures, run))}</failure>`,
        ]),
    ...(told.length === 0 ? [] : [`      <system-out>${xmlText(detail(told, run))}</system-out>`]),
  ];
  const open = `    <testcase name="${xmlText(name)}" classname="${xmlText(classname)}" time="0"`;
  return body.length === 0 ? [`${open}/>`] : [`${open}>`, ...body, "    </testcase>"];
}

function detail(findings: readonly FindingDocument[], run: CiRun): string {
  return findings
    .map((finding) => {
      const { severity, rule, message, evidence, remedy, docs } = finding;
      const head = [placeText(finding, run), severity, rule].filter((part) => part !== "").join("  ");
      return [head, message, ...evidence, ...(remedy === "" ? [] : [remedy]), docs].join("\n");
    })
    .join("\n\n");
}

function failed(cases: readonly Case[]): string {
  const failures = cases.filter((one) => one.failures.length > 0).length;
  return `tests="${cases.length}" failures="${failures}" errors="0"`;
}

function skippedOf(cases: readonly Case[]): number {
  return cases.filter((one) => one.failures.length === 0 && one.skipped !== null).length;
}

/** Text for elements and attributes of XML 1.0, of which cleaned text holds only characters that XML allows, but for two. */
function xmlText(text: string): string {
  return text
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
