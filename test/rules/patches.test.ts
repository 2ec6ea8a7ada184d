import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Finding } from "../../src/diagnosis/engine.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { RULES } from "../../src/rules/index.ts";
import { editManifest } from "../../src/sources/manifests/edit.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { type Case, readCases, snapshotOf, textOf } from "./table.ts";

/** What the whole catalogue finds in a text of manifests. */
function findingsIn(one: Case, text: string): readonly Finding[] {
  const index = indexSnapshot(snapshotOf({ ...one, objects: text }));
  const subjects = subjectsOf(index, { externalNames: true });
  return diagnose(index, { subjects, everything: false, severityOf: () => null, ignores: [] }).findings;
}

const keyOf = ({ rule, object }: Finding): string => `${rule} ${object?.kind} ${object?.namespace}/${object?.name}`;
const sameAs =
  (finding: Finding) =>
  (other: Finding): boolean =>
    keyOf(other) === keyOf(finding) && other.message === finding.message;

interface Tried {
  readonly name: string;
  readonly one: Case;
  readonly text: string;
  readonly finding: Finding;
}

/** What the tables show in flow style only, which is left alone. */
const IN_BLOCKS: readonly Case[] = [
  {
    name: "an EndpointSlice that names its Service under another key",
    objects: `apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  ports:
    - port: 5432 # the only one
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: by-hand
  labels: # its Service
    service-name: db
addressType: IPv4
endpoints:
  - addresses:
      - 192.0.2.1
ports:
  - port: 5432
`,
  },
  {
    name: "ports without names, one of them behind a comment, and an annotation that nobody reads",
    objects: `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.alpha.kubernetes.io/tolerate-unready-endpoints: "true" # for the peers
spec:
  clusterIP: None
  selector:
    app: web
  ports:
    # for people
    - port: 80
    - name: admin
      port: 81
    - port: 82
      targetPort: "82"
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    app: web
spec:
  containers: []
`,
  },
];

/** Every finding with a patch in all the cases of all the tables, whichever rule's table it is in. */
const tried: readonly Tried[] = [
  ...RULES.flatMap(({ id }) => readCases(new URL(`${id}.yaml`, import.meta.url)).map((one) => ({ id, one }))),
  ...IN_BLOCKS.map((one) => ({ id: "in blocks", one })),
].flatMap(({ id, one }) => {
  if (one.live === true) return [];
  const { text } = textOf(one.objects);
  return findingsIn(one, text)
    .filter(({ patch }) => patch !== undefined)
    .map((finding) => ({ name: `${id}: ${one.name}: ${keyOf(finding)} ${finding.field}`, one, text, finding }));
});

const edited = new Set<string>();

describe("a patch ends its finding and brings no other", () => {
  test.each(tried.map((one) => [one.name, one] as const))("%s", (_, { one, text, finding }) => {
    const { object, patch = [] } = finding;
    if (object === null) throw new Error("a patch without an object");
    const result = editManifest(text, object, "default", patch);
    if (result.status === "refused") {
      expect(result.because).toMatch(/flow style|anchor|more than once/);
      return;
    }
    edited.add(finding.rule);
    const before = findingsIn(one, text);
    const after = findingsIn(one, result.text);
    expect(after.filter(sameAs(finding))).toEqual([]);
    const known = new Set(before.map(keyOf));
    expect(after.filter((other) => other.severity !== "info" && !known.has(keyOf(other)))).toEqual([]);
  });

  test("of every rule that gives one, some case shows it", () => {
    expect([...edited].sort()).toEqual([
      "cluster-ip-misspelled",
      "cluster-ip-not-none",
      "endpoint-slice-unlabelled",
      "external-name-ignored",
      "headless-field-ignored",
      "port-unnamed",
      "selector-matches-no-pods",
      "stateful-set-service-missing",
      "target-port-unresolved",
      "tolerate-unready-annotation",
    ]);
  });
});
