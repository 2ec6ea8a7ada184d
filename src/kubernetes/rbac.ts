/** A ClusterRole's rule, as far as it speaks of resources. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Empty: all of them. */
  readonly resourceNames: readonly string[];
}

interface RbacSubject {
  readonly kind: string;
  /** "" where not given. */
  readonly namespace: string;
  readonly name: string;
}

/** A ClusterRoleBinding. */
export interface ClusterRoleBinding {
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly RbacSubject[];
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** What is asked of an account. `group` is "" for the core group. */
export interface Permission {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** The user name that a service account's token stands for (pkg/serviceaccount MakeUsername). */
export function userNameOf({ namespace, name }: ServiceAccount): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups that every service account of a namespace is in (MakeGroupNames, and what all authenticated users get). */
export function groupsOf({ namespace }: ServiceAccount): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
}

/** Whether a binding speaks of the account: by itself, as a user, or by one of its groups (rbac/validation/rule.go appliesTo). */
export function bindsAccount(binding: ClusterRoleBinding, account: ServiceAccount): boolean {
  return binding.subjects.some(({ kind, namespace, name }) => {
    if (kind === "ServiceAccount") return name === account.name && namespace === account.namespace;
    if (kind === "User") return name === userNameOf(account);
    return kind === "Group" && groupsOf(account).includes(name);
  });
}

/** Whether a rule allows it on all objects of the resource (pkg/registry/rbac/validation and apis/rbac/v1 evaluation helpers). */
export function ruleAllows(rule: PolicyRule, { verb, group, resource }: Permission): boolean {
  const holds = (listed: readonly string[], wanted: string): boolean => listed.includes("*") || listed.includes(wanted);
  return (
    rule.resourceNames.length === 0 &&
    holds(rule.verbs, verb) &&
    holds(rule.apiGroups, group) &&
    holds(rule.resources, resource)
  );
}
