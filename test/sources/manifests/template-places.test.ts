import { expect, test } from "vitest";
import { placesInTemplate } from "../../../src/sources/manifests/template-places.ts";

const TEMPLATE = `{{- if .Values.enabled }}
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector:
{{ toYaml .Values.selector | indent 4 }}
  ports:
    - name: a
      port: 80
    - name: b
      port: 80
{{- end }}
`;
const RENDERED = `---
# Source: x/templates/service.yaml
kind: Service
metadata:
  name: r
  labels:
    team: shop
spec:
    clusterIP: None
    selector:
      app: mysql
    ports:
    - name: a
      port: 80
    - name: b
      port: 80
`;
const place = placesInTemplate(TEMPLATE, RENDERED);

/** The place in the rendered text where a word begins, and the template's text from the place that was found. */
function found(line: number, word: string): string {
  const column = (RENDERED.split("\n")[line - 1] ?? "").indexOf(word) + 1;
  const at = place({ line, column });
  return `${at.line}: ${(TEMPLATE.split("\n")[at.line - 1] ?? "").slice(at.column - 1)}`;
}

test.each([
  ["a line that came out as it is", 3, "Service", "2: Service"],
  ["one with another value behind the same key", 5, "r", "4: {{ .Release.Name }}"],
  ["one that is indented otherwise", 9, "None", "8: None"],
  ["one of two that are alike, by its neighbours", 14, "port", "13: port: 80"],
  ["the other of the two", 16, "80", "15: 80"],
  ["one that a helper made: the plain line before it", 7, "team", "5: labels:"],
  ["the same for a value's lines", 11, "app", "9: selector:"],
] as const)("%s", (_, line, word, expected) => {
  expect(found(line, word)).toBe(expected);
});

test("a helper's line is not taken for another one with the same text", () => {
  const template = `kind: Service
spec:
  selector:
    {{- include "labels" . | nindent 4 }}
  ports:
    {{- range .Values.ports }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
---
kind: StatefulSet
spec:
  selector:
    matchLabels:
      app: mysql
`;
  const rendered = `kind: Service
spec:
  selector:
    app: mysql
  ports:
    - port: 1
      protocol: TCP
    - port: 2
      protocol: TCP
`;
  const line = (at: number): number => placesInTemplate(template, rendered)({ line: at, column: 1 }).line;
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(line)).toEqual([1, 2, 3, 3, 5, 7, 8, 7, 8]);
});

test("nothing is alike: the beginning", () => {
  expect(placesInTemplate('{{ include "all" . }}\n', RENDERED)({ line: 4, column: 3 })).toEqual({ line: 1, column: 1 });
});

test("forty thousand lines of one key cost no more than their number", () => {
  const lines = Array.from({ length: 40_000 }, (_, at) => at);
  const template = lines.map((at) => `- name: {{ .Values.name${at} }}`).join("\n");
  const rendered = lines.map((at) => (at === 20_000 ? "the: middle" : `- name: n${at}`)).join("\n");
  const written = template.replace("- name: {{ .Values.name20000 }}", "the: middle");
  expect(placesInTemplate(written, rendered)({ line: 20_001, column: 1 })).toEqual({ line: 20_001, column: 1 });
});
