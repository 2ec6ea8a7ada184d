import type { ObjectRef } from "../../objects/meta.ts";
import { groupOf } from "../../objects/read/kinds.ts";

/**
 * Groups of custom resources whose operators make no Pods and no Services from them; and of what only looks like one, the
 * settings of tools that are never applied.
 */
const PLAIN_GROUPS: ReadonlySet<string> = new Set([
  "acme.cert-manager.io",
  "admissionregistration.k8s.io",
  "cert-manager.io",
  "chainsaw.kyverno.io",
  "cilium.io",
  "configuration.konghq.com",
  "constraints.gatekeeper.sh",
  "crd.projectcalico.org",
  "eksctl.io",
  "external-secrets.io",
  "generators.external-secrets.io",
  "getambassador.io",
  "image.toolkit.fluxcd.io",
  "k3d.io",
  "karpenter.k8s.aws",
  "karpenter.sh",
  "kind.x-k8s.io",
  "kuttl.dev",
  "kyverno.io",
  "metallb.io",
  "networking.istio.io",
  "notification.toolkit.fluxcd.io",
  "policy.linkerd.io",
  "projectcalico.org",
  "secrets-store.csi.x-k8s.io",
  "security.istio.io",
  "source.toolkit.fluxcd.io",
  "split.smi-spec.io",
  "telemetry.istio.io",
  "templates.gatekeeper.sh",
  "traefik.containo.us",
  "traefik.io",
  "trust.cert-manager.io",
  "velero.io",
]);

/** Such kinds of groups that have others too. */
const PLAIN_KINDS: ReadonlySet<string> = new Set([
  "argoproj.io/AnalysisTemplate",
  "argoproj.io/AppProject",
  "argoproj.io/ClusterAnalysisTemplate",
  "bitnami.com/SealedSecret",
  "elbv2.k8s.aws/TargetGroupBinding",
  "grafana.integreatly.org/GrafanaDashboard",
  "grafana.integreatly.org/GrafanaDatasource",
  "integreatly.org/GrafanaDashboard",
  "keda.sh/ClusterTriggerAuthentication",
  "keda.sh/ScaledObject",
  "keda.sh/TriggerAuthentication",
  "linkerd.io/ServiceProfile",
  "monitoring.coreos.com/AlertmanagerConfig",
  "monitoring.coreos.com/PodMonitor",
  "monitoring.coreos.com/Probe",
  "monitoring.coreos.com/PrometheusRule",
  "monitoring.coreos.com/ScrapeConfig",
  "monitoring.coreos.com/ServiceMonitor",
  "operator.victoriametrics.com/VMNodeScrape",
  "operator.victoriametrics.com/VMPodScrape",
  "operator.victoriametrics.com/VMProbe",
  "operator.victoriametrics.com/VMRule",
  "operator.victoriametrics.com/VMServiceScrape",
  "operator.victoriametrics.com/VMStaticScrape",
  "route.openshift.io/Route",
  "security.openshift.io/SecurityContextConstraints",
]);

/**
 * Whether an operator may make Pods or Services from an object of a kind that we do not read. Kubernetes' own groups
 * (no dot, or under k8s.io) have no such kinds beside the workloads.
 */
export function mayMakePods({ apiVersion, kind }: ObjectRef): boolean {
  const group = groupOf(apiVersion);
  if (!group.includes(".") || group.endsWith(".k8s.io") || PLAIN_GROUPS.has(group)) return false;
  return !PLAIN_KINDS.has(`${group}/${kind}`);
}
