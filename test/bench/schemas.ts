/**
 * Writes the JSON Schemas that kubeconform needs of the kinds in the benchmark's manifests, from Kubernetes' own OpenAPI
 * document (`api/openapi-spec/swagger.json` of its source), with every reference written out, as kubeconform's own
 * schemas are.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KINDS = {
  "service-v1": "io.k8s.api.core.v1.Service",
  "configmap-v1": "io.k8s.api.core.v1.ConfigMap",
  "deployment-apps-v1": "io.k8s.api.apps.v1.Deployment",
  "statefulset-apps-v1": "io.k8s.api.apps.v1.StatefulSet",
} as const;

/** Returns what `kubeconform -schema-location` is to be given. */
export function writeSchemas(swagger: string, folder: string): string {
  const { definitions } = JSON.parse(readFileSync(swagger, "utf8")) as { definitions: Record<string, unknown> };
  mkdirSync(folder, { recursive: true });
  for (const [file, name] of Object.entries(KINDS)) {
    writeFileSync(join(folder, `${file}.json`), JSON.stringify(writtenOut(definitions[name], definitions)));
  }
  return join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
}

function writtenOut(value: unknown, definitions: Readonly<Record<string, unknown>>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => writtenOut(item, definitions));
  const { $ref, ...rest } = value as { readonly $ref?: string; readonly [key: string]: unknown };
  if ($ref !== undefined) return writtenOut(definitions[$ref.replace("#/definitions/", "")], definitions);
  if (rest.format === "int-or-string") return { oneOf: [{ type: "string" }, { type: "integer" }] };
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, writtenOut(item, definitions)]));
}
