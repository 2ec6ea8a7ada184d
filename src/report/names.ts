import { cleanLine } from "./clean.ts";
import type { ReportDocument } from "./document.ts";

/**
 * `-o name`: the objects that have a finding of severity error or warning, as kubectl names them (`service/mysql`,
 * `statefulset.apps/mysql`), a line each, worst first.
 */
export function namesText({ findings }: ReportDocument): string {
  const names = findings.flatMap(({ severity, object }) => {
    if (severity === "info" || object === null) return [];
    const group = object.apiVersion.includes("/")
      ? `.${object.apiVersion.slice(0, object.apiVersion.indexOf("/"))}`
      : "";
    return [cleanLine(`${object.kind.toLowerCase()}${group}/${object.name}`)];
  });
  return [...new Set(names)].map((name) => `${name}\n`).join("");
}
