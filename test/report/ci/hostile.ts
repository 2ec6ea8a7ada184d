import fc from "fast-check";
import type { CiRun } from "../../../src/report/ci/run.ts";
import type { FindingDocument, ReportDocument, SuppressedDocument } from "../../../src/report/document.ts";
import { LINKS, SEVERITIES } from "../../../src/rules/rule.ts";
import { BROKEN, FINDING, HEALTHY, report } from "../documents.ts";

/** Words that mean something to a reader of one of the formats. */
const ATTACKS = [
  "]]>",
  "<![CDATA[",
  "</failure>",
  "<!-- -->",
  "--><script>alert(1)</script>",
  "&amp;",
  "&#0;",
  '"',
  "'",
  "::error::x",
  "\n::set-output name=a::b",
  "\r\n::add-mask::",
  "::stop-commands::x",
  "##[error]x",
  "%0A::error::x",
  "%",
  ",line=1",
  ":",
  "|",
  "`",
  "```\n",
  "[x](http://evil.example)",
  "![x](http://evil.example/a.png)",
  "](",
  "{0}",
  "{{",
  "@everyone",
  "#1",
  "www.evil.example",
  "http://evil.example",
  "a@evil.example",
  "**x**",
  "\n\n# x",
  "\n---\n",
  "\\",
  "\u0000",
  "\u0008",
  "\u001b[31m",
  "\u0085",
  "\u2028",
  "\u202e",
  "\ufffe",
  "\uffff",
  "\ud800",
  "\n",
  "\t",
];

/** Foreign text at its worst. */
export const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

const finding: fc.Arbitrary<FindingDocument> = fc
  .record({
    text: hostile,
    file: fc.oneof(hostile, fc.constantFrom("a.yaml", "<stdin>", "/etc/x.yaml", "../b.yaml", "C:\\x.yaml")),
    severity: fc.constantFrom(...SEVERITIES),
    link: fc.constantFrom(...LINKS, null),
    line: fc.integer({ min: 1, max: 1e6 }),
    located: fc.boolean(),
    named: fc.boolean(),
    known: fc.boolean(),
  })
  .map(({ text, file, severity, link, line, located, named, known }) => {
    const { location: _none, ...rest } = FINDING;
    return {
      ...rest,
      severity,
      link,
      object: named ? { apiVersion: text, kind: text, namespace: text, name: text } : null,
      field: text,
      message: text,
      evidence: [text, text],
      remedy: text,
      ...(located ? { location: { file, line, column: line } } : {}),
      services: known ? ["shop/mysql"] : [text],
    };
  });

const suppressed: fc.Arbitrary<SuppressedDocument> = fc
  .tuple(finding, fc.constantFrom("annotation", "comment", "option", "config", "baseline"), hostile)
  .map(([one, kind, by]) => ({ ...one, kind, by, reason: by }));

/** Reports in which every foreign text is hostile. */
export const hostileReport: fc.Arbitrary<ReportDocument> = fc
  .tuple(fc.array(finding, { maxLength: 15 }), fc.array(suppressed, { maxLength: 3 }), hostile)
  .map(([findings, silenced, text]) =>
    report({
      source: { kind: "manifests", description: text },
      services: [
        HEALTHY,
        BROKEN,
        { ...BROKEN, name: text, chain: BROKEN.chain.map((one) => ({ ...one, summary: text })) },
      ],
      findings,
      suppressed: silenced,
      unchecked: [{ rule: "pod-not-ready", link: "readiness", reason: text, byNature: true, services: [text] }],
      notRead: [{ resource: "services", namespace: text, reason: text }],
    }),
  );

/** A run in /repo. */
export const RUN: CiRun = {
  command: "lint",
  version: "1.2.3",
  fails: (severity) => severity === "error",
  pathOf: (file) => (file.startsWith("/") || file.startsWith("..") || file.startsWith("<") ? null : file),
  pageOf: async (rule) => `# ${rule}\n\n## What happens\n\nPods are not [found](x.md).\nIn two lines.\n\nMore {0}.\n`,
};
