import type { KubernetesObject } from "../../objects/meta.ts";
import { type FieldPath, formatPath } from "../../objects/origin.ts";

/** `spec.ports[0].port: 99999`: what an object has at a path of its own. */
export function writtenField(object: KubernetesObject, field: FieldPath): string {
  let value: unknown = object;
  for (const step of field) value = (value as { readonly [key: string | number]: unknown } | null | undefined)?.[step];
  return `${formatPath(field)}: ${typeof value === "string" ? value : JSON.stringify(value ?? null)}`;
}
