import {
  bindsAccount,
  type ClusterRoleBinding,
  groupsOf,
  type Permission,
  type PolicyRule,
  ruleAllows,
  type ServiceAccount,
  userNameOf,
} from "../../kubernetes/rbac.ts";
import { type Collected, complete, partial, unavailable } from "../../objects/collected.ts";
import type { AccessFact } from "../../objects/observation.ts";
import type { Answer, Api } from "./http.ts";
import { describeLacks, type Lack, lackOf } from "./lack.ts";

/** What CoreDNS's kubernetes plugin lists and watches; Pods only with `pods verified` and autopath. */
const WANTED: readonly Permission[] = [
  ["", "namespaces"],
  ["", "services"],
  ["discovery.k8s.io", "endpointslices"],
  ["", "pods"],
].flatMap(([group = "", resource = ""]) => ["list", "watch"].map((verb) => ({ verb, group, resource })));

/** How installations call the role and its binding: kubeadm and most others, then CoreDNS's Helm chart. */
const USUAL_NAMES = ["system:coredns", "coredns"];
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/**
 * Whether an account may read what CoreDNS needs: from the role of the usual name where that allows all of it, as rules only
 * add up; by asking the API server where that is allowed, a request for each right; else from the ClusterRoles that are
 * bound to it, else from those of the usual names. The last is partial: another role may allow what they do not.
 */
export async function readDnsAccess(
  api: Api,
  account: ServiceAccount,
  signal: AbortSignal,
): Promise<Collected<AccessFact>> {
  const usual = await readUsualRole(api, account, signal);
  if (usual?.every(({ allowed }) => allowed)) return complete(usual);
  const reviewed = await review(api, account, signal);
  if (reviewed !== null) return complete(reviewed);
  const all = await listBindings(api, signal);
  if (Array.isArray(all)) {
    const bound = all.filter((binding) => bindsAccount(binding, account));
    const roles = await readRoles(api, bound, signal);
    const facts = factsFrom(
      account,
      roles.found,
      bound.length === 0 ? "no ClusterRoleBinding names the account" : null,
    );
    if (roles.lacks.length === 0) return complete(facts);
    // A role that could not be read may allow the rest.
    return partial(
      facts.filter(({ allowed }) => allowed),
      describeLacks(roles.lacks),
    );
  }
  const named = await readUsualBindings(api, signal);
  const bound = named.filter((binding) => bindsAccount(binding, account));
  const { found } = await readRoles(api, bound, signal);
  if (found.length === 0) return unavailable(describeLacks([all]));
  return partial(
    factsFrom(account, found, null),
    `only ClusterRole ${found.map(({ name }) => name).join(", ")} was read`,
  );
}

/** What the role of the first usual name allows, which is asked for together with its binding; null where it is not bound. */
async function readUsualRole(
  api: Api,
  account: ServiceAccount,
  signal: AbortSignal,
): Promise<readonly AccessFact[] | null> {
  const [name = ""] = USUAL_NAMES;
  const [bound, role] = await Promise.all(
    ["clusterrolebindings", "clusterroles"].map((plural) => getRbac(api, plural, name, signal)),
  );
  if (bound?.status !== 200 || role?.status !== 200) return null;
  const binding = readBinding(bound.body);
  if (binding.role !== name || !bindsAccount(binding, account)) return null;
  return factsFrom(account, [readRole(binding, role)], null);
}

/** null where the API server does not let us ask. */
async function review(api: Api, account: ServiceAccount, signal: AbortSignal): Promise<readonly AccessFact[] | null> {
  const ask = async ({ verb, group, resource }: Permission): Promise<AccessFact | null> => {
    const spec = {
      user: userNameOf(account),
      groups: groupsOf(account),
      resourceAttributes: { verb, group, resource },
    };
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    const answer = await api.review(REVIEWS, body, signal);
    const status = answer.status >= 200 && answer.status < 300 ? field(answer.body, "status") : null;
    const allowed = field(status, "allowed");
    // An authorizer that could not make up its mind has not said no.
    if (typeof allowed !== "boolean" || (!allowed && text(status, "evaluationError") !== "")) return null;
    const reason = text(status, "reason") || `the API server ${allowed ? "allows" : "does not allow"} it`;
    return { account: userNameOf(account), verb, group, resource, allowed, because: reason };
  };
  const [first, ...rest] = WANTED;
  const answered = first === undefined ? null : await ask(first);
  if (answered === null) return null;
  const others = await Promise.all(rest.map(ask));
  const facts = [answered, ...others].filter((fact) => fact !== null);
  return facts.length === WANTED.length ? facts : null;
}

/** A Lack where the list cannot be had whole. */
async function listBindings(api: Api, signal: AbortSignal): Promise<ClusterRoleBinding[] | Lack> {
  const bindings: ClusterRoleBinding[] = [];
  let next = "";
  do {
    const query: Record<string, string> = { limit: "500" };
    if (next !== "") query.continue = next;
    const answer = await api.get(`${RBAC}/clusterrolebindings`, query, signal);
    const items = answer.status === 200 ? field(answer.body, "items") : undefined;
    if (items === undefined) return lackOf(answer, "list", "clusterrolebindings.rbac.authorization.k8s.io", "");
    bindings.push(...list(items).map(readBinding));
    next = text(field(answer.body, "metadata"), "continue");
  } while (next !== "");
  return bindings;
}

async function readUsualBindings(api: Api, signal: AbortSignal): Promise<readonly ClusterRoleBinding[]> {
  const answers = await Promise.all(USUAL_NAMES.map((name) => getRbac(api, "clusterrolebindings", name, signal)));
  return answers.flatMap((answer) => (answer.status === 200 ? [readBinding(answer.body)] : []));
}

interface Role {
  readonly name: string;
  readonly binding: string;
  readonly rules: readonly PolicyRule[];
}

async function readRoles(
  api: Api,
  bindings: readonly ClusterRoleBinding[],
  signal: AbortSignal,
): Promise<{ readonly found: readonly Role[]; readonly lacks: readonly Lack[] }> {
  const found: Role[] = [];
  const lacks: Lack[] = [];
  const answers = await Promise.all(bindings.map(({ role }) => getRbac(api, "clusterroles", role, signal)));
  for (const [index, binding] of bindings.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if (answer.status === 200) found.push(readRole(binding, answer));
    // A binding to a role that does not exist allows nothing.
    else if (answer.status !== 404) lacks.push(lackOf(answer, "get", `clusterroles/${binding.role}`, ""));
  }
  return { found, lacks };
}

function getRbac(api: Api, plural: string, name: string, signal: AbortSignal): Promise<Answer> {
  return api.get(`${RBAC}/${plural}/${encodeURIComponent(name)}`, {}, signal);
}

function factsFrom(account: ServiceAccount, roles: readonly Role[], nobody: string | null): readonly AccessFact[] {
  const searched =
    nobody ?? `not in ${roles.map(({ name }) => `ClusterRole ${name}`).join(", ") || "any ClusterRole bound to it"}`;
  return WANTED.map((wanted): AccessFact => {
    const by = roles.find(({ rules }) => rules.some((rule) => ruleAllows(rule, wanted)));
    const because = by === undefined ? searched : `ClusterRole ${by.name} (ClusterRoleBinding ${by.binding})`;
    return { account: userNameOf(account), ...wanted, allowed: by !== undefined, because };
  });
}

function readBinding(value: unknown): ClusterRoleBinding {
  const roleRef = field(value, "roleRef");
  return {
    name: text(field(value, "metadata"), "name"),
    role: text(roleRef, "name"),
    subjects: list(field(value, "subjects")).map((subject) => ({
      kind: text(subject, "kind"),
      namespace: text(subject, "namespace"),
      name: text(subject, "name"),
    })),
  };
}

function readRole({ role, name }: ClusterRoleBinding, { body }: Answer): Role {
  return { name: role, binding: name, rules: list(field(body, "rules")).map(readRule) };
}

function readRule(value: unknown): PolicyRule {
  const texts = (key: string) => list(field(value, key)).filter((one) => typeof one === "string");
  return {
    verbs: texts("verbs"),
    apiGroups: texts("apiGroups"),
    resources: texts("resources"),
    resourceNames: texts("resourceNames"),
  };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, key: string): string {
  const found = field(value, key);
  return typeof found === "string" ? found : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
