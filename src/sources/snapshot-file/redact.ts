import { KUBELET_KEY, kubeletDnsAddresses, kubeletDomain } from "../../kubernetes/kubelet-config.ts";
import type { Labels } from "../../objects/meta.ts";

/**
 * Annotations that a snapshot file keeps, because rules read them. All others are left out: they may hold whole objects
 * (`last-applied-configuration`) and whatever people put there.
 */
export const KEPT_ANNOTATIONS: readonly string[] = [
  "kheadless.dev/ignore",
  "kheadless.dev/ignore-reason",
  "service.alpha.kubernetes.io/tolerate-unready-endpoints",
  "control-plane.alpha.kubernetes.io/leader",
  "endpoints.kubernetes.io/over-capacity",
  "endpoints.kubernetes.io/last-change-trigger-time",
  "kubernetes.io/service-name",
  "helm.sh/hook",
  "argocd.argoproj.io/hook",
  "meta.helm.sh/release-name",
  "meta.helm.sh/release-namespace",
  "batch.kubernetes.io/job-completion-index",
];
const KEPT: ReadonlySet<string> = new Set(KEPT_ANNOTATIONS);

/**
 * Data keys of ConfigMaps that a snapshot file keeps: Corefiles, the parts that managed clusters import into them, and of
 * the kubelets' configuration (kubeadm) the cluster domain and the name servers.
 */
const KEPT_DATA_KEYS: readonly RegExp[] = [/^Corefile/, /\.(server|override)$/, /^kubelet$/];

export function keptAnnotations(annotations: Labels): Labels {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => KEPT.has(key)));
}

export function keptData(data: Labels): Labels {
  const kept = Object.entries(data).filter(([key]) => KEPT_DATA_KEYS.some((one) => one.test(key)));
  return Object.fromEntries(kept.map(([key, value]) => [key, key === KUBELET_KEY ? kubeletDns(value) : value]));
}

/** Of the kubelets' configuration only what their Pods get of DNS. */
function kubeletDns(configuration: string): string {
  const domain = kubeletDomain(configuration);
  const addresses = kubeletDnsAddresses(configuration);
  return [
    ...(domain === null ? [] : [`clusterDomain: ${domain}`]),
    ...(addresses.length === 0 ? [] : ["clusterDNS:", ...addresses.map((address) => `- ${address}`)]),
    "",
  ].join("\n");
}

const SECRET_FLAG = /^(--?[\w.-]*(?:pass|pwd|secret|token|credential|api-?key|auth)[\w.-]*=).+$/i;
const SECRET_FLAG_ALONE = /^--?[\w.-]*(?:pass|pwd|secret|token|credential|api-?key)[\w.-]*$/i;
const USER_INFO = /(:\/\/[^/\s:@]*:)[^/\s@]+(@)/g;
const REDACTED = "REDACTED";

/** Words of a command, without the values of flags that are called like secrets and without passwords in URLs. */
export function keptWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    // A reference to a variable tells where the secret is, not what it is.
    if (word.startsWith("$(")) return word;
    if (!word.startsWith("-") && SECRET_FLAG_ALONE.test(words[index - 1] ?? "")) return REDACTED;
    return word.replace(SECRET_FLAG, `$1${REDACTED}`).replace(USER_INFO, `$1${REDACTED}$2`);
  });
}
