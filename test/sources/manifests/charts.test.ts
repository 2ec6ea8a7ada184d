import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oncePerChart } from "../../../src/sources/manifests/charts.ts";
import { type InvalidEntry, noObjects, readManifestText } from "../../../src/sources/manifests/objects.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-charts-"));
  for (const chart of ["shop", "shop/charts/db", "other"]) {
    mkdirSync(join(folder, chart, "templates"), { recursive: true });
    writeFileSync(join(folder, chart, "Chart.yaml"), "apiVersion: v2\nname: x\nversion: 0.1.0\n");
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const TEMPLATE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-db\n";
const QUOTED = 'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\n';
const BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: a\n";

/** What is told of files with these texts, each `file:line:column message`. */
function told(texts: Readonly<Record<string, string>>, rendered = false): readonly string[] {
  const read = noObjects();
  for (const [path, text] of Object.entries(texts)) {
    const source = { file: join(folder, path), text, found: true, damaged: false };
    const placeOf = rendered ? { placeOf: () => ({ line: 1, column: 1 }) } : {};
    readManifestText({ ...source, ...placeOf }, { defaultNamespace: "shop", live: false }, read);
  }
  return oncePerChart(read.invalid).map(
    ({ location: { file, line, column }, message }: InvalidEntry) =>
      `${file.slice(folder.length + 1)}:${line}:${column} ${message}`,
  );
}

test("the templates of a chart are told once, at its Chart.yaml, with how to read it", () => {
  expect(told({ "shop/templates/a.yaml": TEMPLATE, "shop/templates/deep/b.yaml": QUOTED })).toEqual([
    `shop/Chart.yaml:1:1 this is a Helm chart, and 2 of its templates are not rendered yet: --helm ${folder}/shop reads what helm makes of them, --exclude leaves them out`,
  ]);
  expect(told({ "shop/templates/a.yaml": TEMPLATE, "shop/files/deep/b.yaml": "{{ tpl }}\n" })).toEqual([
    expect.stringMatching(/^shop\/Chart\.yaml:1:1 .* 2 of its templates are not rendered yet/),
  ]);
  expect(told({ "other/templates/a.yaml": TEMPLATE + BROKEN })).toEqual([
    `other/Chart.yaml:1:1 this is a Helm chart, and its template templates/a.yaml is not rendered yet: --helm ${folder}/other reads what helm makes of it, --exclude leaves it out`,
  ]);
});

test("a chart within another one is rendered with it; two beside each other are two", () => {
  const texts = Object.fromEntries(
    ["other", "shop", "shop/charts/db"].map((chart) => [`${chart}/templates/a.yaml`, TEMPLATE]),
  );
  expect(told(texts)).toEqual([
    expect.stringMatching(/^other\/Chart\.yaml:1:1 .* its template templates\/a\.yaml is not rendered yet/),
    expect.stringMatching(/^shop\/Chart\.yaml:1:1 .* 2 of its templates are not rendered yet/),
  ]);
});

test("the chart of the working folder is named as the user names it", () => {
  const before = process.cwd();
  process.chdir(join(folder, "shop"));
  try {
    const invalid = { ref: null, field: null, message: "", kind: null, template: true };
    const location = { file: "templates/a.yaml", line: 4, column: 1 };
    expect(oncePerChart([{ ...invalid, location }])).toMatchObject([
      { location: { file: "Chart.yaml", line: 1, column: 1 }, message: expect.stringContaining("--helm . reads") },
    ]);
  } finally {
    process.chdir(before);
  }
});

test.each([
  ["a fault of a file without braces", { "shop/templates/a.yaml": BROKEN }, false],
  ["a fault in what helm does not render", { "shop/crds/a.yaml": TEMPLATE }, false],
  ["a template of no chart", { "templates/a.yaml": TEMPLATE }, false],
  ["a fault in what helm made of a template", { "shop/templates/a.yaml": `# {{ x }}\n${BROKEN}` }, true],
])("%s stays where it is", (_title, texts, rendered) => {
  const [path = ""] = Object.keys(texts);
  const all = told(texts, rendered);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatch(new RegExp(`^${dirname(path)}/a\\.yaml:\\d+:\\d+ (this is not|metadata)`));
});
