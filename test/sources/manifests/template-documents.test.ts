import { expect, test } from "vitest";
import { placesOfTexts } from "../../../src/sources/manifests/template-documents.ts";

const service = (name: string): string => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: x
`;
const WORKLOAD = `apiVersion: apps/v1
kind: StatefulSet
spec:
  selector:
    matchLabels:
      app: x
`;

/** The line of the template that each text's `app: x` is placed at. */
function appLines(template: string, texts: readonly string[]): readonly number[] {
  const places = placesOfTexts(template, texts);
  return texts.map((text, at) => {
    const line = text.split("\n").findIndex((one) => one.trim() === "app: x") + 1;
    return places[at]?.({ line, column: 1 }).line ?? 0;
  });
}

test("of documents that are alike each text has its own, in the order that helm leaves to those of a kind", () => {
  const template = [service('{{ include "a" . }}'), WORKLOAD, service('{{ include "b" . }}')].join("---\n");
  expect(appLines(template, [service("a"), service("b"), WORKLOAD])).toEqual([7, 22, 14]);
});

test("what a loop makes is of its one document", () => {
  const template = `${WORKLOAD}{{- range .Values.names }}\n---\n${service("{{ . }}")}{{- end }}\n`;
  expect(appLines(template, [service("a"), service("b"), WORKLOAD])).toEqual([15, 15, 6]);
});

test("where a condition leaves out one of several, it is of the one that is most alike", () => {
  const [one, other] = [
    `${service("{{ .Values.a }}")}    tier: front\n`,
    `${service("{{ .Values.b }}")}    tier: back\n`,
  ];
  const template = `${one}{{- if .Values.b }}\n---\n${other}{{- end }}\n{{- if .Values.c }}\n---\n${service("c")}{{- end }}\n`;
  expect(appLines(template, [`${service("a")}    tier: front\n`, `${service("b")}    tier: back\n`])).toEqual([7, 17]);
});

test("where the ones that it leaves are as much alike, nobody can tell which: the beginning", () => {
  const template = `${service("{{ .Values.a }}")}{{- if .Values.b }}\n---\n${service("{{ .Values.b }}")}{{- end }}\n`;
  expect(appLines(template, [service("a")])).toEqual([1]);
});

test("a text without a kind, or of one that no document tells, is looked for in all of them", () => {
  expect(appLines(`${service("a")}---\n${WORKLOAD}`, ["# app\nselector:\n  matchLabels:\n    app: x\n"])).toEqual([14]);
  expect(appLines(service("a").replace("Service", "{{ .Values.kind }}"), [WORKLOAD])).toEqual([7]);
});
