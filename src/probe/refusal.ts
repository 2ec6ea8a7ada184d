import type { Answer } from "../sources/cluster/http.ts";
import { ProbeError } from "./error.ts";

const NO_POD = "resolve NAME --observe asks cluster DNS without a Pod of its own";

/** Why the API server does not take the Pod (or the container put into one), and what would help. */
export function refusal({ status, message }: Answer, what: string, namespace: string): ProbeError {
  const said = message === "" ? `status ${status}` : message;
  for (const [pattern, explain] of REFUSALS) {
    const found = pattern.exec(said);
    if (found !== null) {
      const [text, advice] = explain(
        found.slice(1).map((group) => group ?? ""),
        namespace,
        what,
      );
      return new ProbeError(text, advice);
    }
  }
  if (status === 404 && /^namespaces /.test(said))
    return new ProbeError(`there is no namespace ${namespace}`, "-n chooses another one", "usage");
  if (status === 422 || status === 400) {
    return new ProbeError(`the API server takes ${what} for invalid: ${said}`, "do --override and --labels fit it?");
  }
  if (status === 0) return new ProbeError(`the API server was asked for ${what} and did not answer: ${said}`);
  return new ProbeError(`the API server refuses ${what} (${status}): ${said}`, NO_POD);
}

type Explain = (
  groups: readonly string[],
  namespace: string,
  what: string,
) => readonly [message: string, advice: string];

/** The words of Kubernetes' own admission (plugin/pkg/admission, staging/src/k8s.io/apiserver) and what they mean here. */
const REFUSALS: readonly (readonly [RegExp, Explain])[] = [
  [
    /User "((?:[^"\\]|\\.)*)" cannot (\w+) resource "([^"]+)"/,
    ([user, verb, resource], namespace) => [
      `no permission to ${verb} ${resource} in ${namespace} (user ${user})`,
      `docs/rbac.yaml has the Role; ${NO_POD}`,
    ],
  ],
  [
    /violates PodSecurity "([^"]*)": (.*)$/,
    ([level, why], namespace, what) => [
      `Pod Security (${level}) of namespace ${namespace} forbids ${what}: ${why}`,
      "the Pod is restricted by itself: does --override, or a webhook, change that? --dry-run shows it",
    ],
  ],
  [
    /exceeded quota: (.*)$/,
    ([why], namespace) => [
      `the quota of namespace ${namespace} has no room for the probe's Pod: ${why}`,
      `kubectl -n ${namespace} describe quota shows it; -n chooses another namespace; ${NO_POD}`,
    ],
  ],
  [
    /failed quota: (.*)$/,
    ([why], namespace) => [
      `the quota of namespace ${namespace} wants more of a Pod than the probe's has: ${why}`,
      "--override can add it",
    ],
  ],
  [
    /((?:maximum|minimum) [\w.-]+ (?:usage|limit to request ratio) per (?:Container|Pod) is .*)$/,
    ([why], namespace) => [
      `a LimitRange of namespace ${namespace} forbids the probe's Pod: ${why}`,
      "--override can change its resources: --dry-run shows them",
    ],
  ],
  [
    /(namespace \S+) because it is being terminated/,
    ([which]) => [`${which} is being deleted: nothing can be created there`, `-n chooses another one; ${NO_POD}`],
  ],
  [
    /admission webhook "([^"]*)" denied the request(?:: (.*)| without explanation)$/,
    ([webhook, why], _namespace, what) => [
      `admission webhook ${webhook} denies ${what}: ${why === "" ? "it does not say why" : why}`,
      `--override or --labels may satisfy it; ${NO_POD}`,
    ],
  ],
  [
    /failed calling webhook "([^"]*)": (.*)$/,
    ([webhook, why]) => [
      `admission webhook ${webhook} could not be called, so that no Pod can be made: ${why}`,
      `this keeps every new Pod out of the cluster, not only ours; ${NO_POD}`,
    ],
  ],
  [
    /(ValidatingAdmissionPolicy '[^']*').* denied request: (.*)$/,
    ([policy, why], _namespace, what) => [`${policy} denies ${what}: ${why}`, "--override or --labels may satisfy it"],
  ],
  [
    /service account (\S+\/\S+?):? .*not found/,
    ([account]) => [`there is no service account ${account}`, "--service-account names another one"],
  ],
];
