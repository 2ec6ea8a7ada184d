// The Roles of docs/rbac.yaml, whole and taken apart.
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../cli/run.ts";
import type { KubeObject } from "./cluster.ts";

export const RBAC = "rbac.authorization.k8s.io/v1";

/** One verb on one resource, as one rule of docs/rbac.yaml allows it in one namespace or everywhere. */
export interface Permission {
  readonly role: string;
  readonly verb: string;
  readonly resource: string;
}

const published = parseAllDocuments(readFileSync(`${ROOT}/docs/rbac.yaml`, "utf8")).map(
  (document) => document.toJS() as KubeObject,
);
export const roles = published.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
export const nameOf = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.name}`;

export const permissionsOf = (names: readonly string[]): readonly Permission[] =>
  roles
    .filter((role) => names.includes(nameOf(role)))
    .flatMap((role) =>
      role.rules.flatMap(({ verbs, resources }: { verbs: string[]; resources: string[] }) =>
        verbs.flatMap((verb) => resources.map((resource) => ({ role: nameOf(role), verb, resource }))),
      ),
    );
export const titleOf = ({ role, verb, resource }: Permission) => `${verb} ${resource} (${role})`;

/** What a role allows, but for one of its permissions. */
export function without(role: KubeObject, taken: Permission | null): readonly object[] {
  if (taken === null || taken.role !== nameOf(role)) return role.rules;
  return role.rules.flatMap((rule: { verbs: string[]; resources: string[] }) => {
    if (!rule.verbs.includes(taken.verb) || !rule.resources.includes(taken.resource)) return [rule];
    const others = rule.resources.filter((resource) => resource !== taken.resource);
    const verbs = rule.verbs.filter((verb) => verb !== taken.verb);
    return [
      ...(others.length === 0 ? [] : [{ ...rule, resources: others }]),
      ...(verbs.length === 0 ? [] : [{ ...rule, resources: [taken.resource], verbs }]),
    ];
  });
}
