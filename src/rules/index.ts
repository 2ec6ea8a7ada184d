import { answerDiffers } from "./answer-differs.ts";
import { answerTooLarge } from "./answer-too-large.ts";
import { bootstrapDeadlock } from "./bootstrap-deadlock.ts";
import { clientBypassesClusterDns } from "./client-bypasses-cluster-dns.ts";
import { clientSearchPath } from "./client-search-path.ts";
import { clusterDnsDown } from "./cluster-dns-down.ts";
import { clusterDnsForbidden } from "./cluster-dns-forbidden.ts";
import { clusterDnsUnreachable } from "./cluster-dns-unreachable.ts";
import { clusterDomainHardCoded } from "./cluster-domain-hard-coded.ts";
import { clusterDomainMismatch } from "./cluster-domain-mismatch.ts";
import { clusterIpImmutable } from "./cluster-ip-immutable.ts";
import { clusterIpMisspelled } from "./cluster-ip-misspelled.ts";
import { clusterIpNotNone } from "./cluster-ip-not-none.ts";
import { connectionRefused } from "./connection-refused.ts";
import { corefileExcludesService } from "./corefile-excludes-service.ts";
import { corefileInvalid } from "./corefile-invalid.ts";
import { corefileRewritesName } from "./corefile-rewrites-name.ts";
import { dnsCached } from "./dns-cached.ts";
import { dnsNameTooLong } from "./dns-name-too-long.ts";
import { dnsReplicasDisagree } from "./dns-replicas-disagree.ts";
import { endpointSliceMissing } from "./endpoint-slice-missing.ts";
import { endpointSliceRejected } from "./endpoint-slice-rejected.ts";
import { endpointSliceStale } from "./endpoint-slice-stale.ts";
import { endpointSliceUnlabelled } from "./endpoint-slice-unlabelled.ts";
import { endpointsDeprecated } from "./endpoints-deprecated.ts";
import { endpointsTruncated } from "./endpoints-truncated.ts";
import { externalNameIgnored } from "./external-name-ignored.ts";
import { externalNameTarget } from "./external-name-target.ts";
import { headlessFieldIgnored } from "./headless-field-ignored.ts";
import { headlessTypeConflict } from "./headless-type-conflict.ts";
import { hostnameShared } from "./hostname-shared.ts";
import { ipFamilyMismatch } from "./ip-family-mismatch.ts";
import { networkPolicyBlocksDns } from "./network-policy-blocks-dns.ts";
import { notReadyPublished } from "./not-ready-published.ts";
import { peerNameBroken } from "./peer-name-broken.ts";
import { podNotReady } from "./pod-not-ready.ts";
import { podNotRunning } from "./pod-not-running.ts";
import { podTerminating } from "./pod-terminating.ts";
import { portDiffersFromTargetPort } from "./port-differs-from-target-port.ts";
import { portUnnamed } from "./port-unnamed.ts";
import { replicasZero } from "./replicas-zero.ts";
import type { Rule } from "./rule.ts";
import { selectorMatchesForeignPods } from "./selector-matches-foreign-pods.ts";
import { selectorMatchesNoPods } from "./selector-matches-no-pods.ts";
import { selectorMissesReplicas } from "./selector-misses-replicas.ts";
import { selectorMissing } from "./selector-missing.ts";
import { serviceNotFound } from "./service-not-found.ts";
import { serviceRejected } from "./service-rejected.ts";
import { serviceTerminating } from "./service-terminating.ts";
import { statefulSetSelectorMismatch } from "./stateful-set-selector-mismatch.ts";
import { statefulSetServiceMissing } from "./stateful-set-service-missing.ts";
import { statelessWorkload } from "./stateless-workload.ts";
import { subdomainNamesNoService } from "./subdomain-names-no-service.ts";
import { subdomainSelectorMismatch } from "./subdomain-selector-mismatch.ts";
import { subdomainWithoutHostname } from "./subdomain-without-hostname.ts";
import { targetPortUnresolved } from "./target-port-unresolved.ts";
import { tolerateUnreadyAnnotation } from "./tolerate-unready-annotation.ts";
import { updateRejected } from "./update-rejected.ts";
import { workloadRejected } from "./workload-rejected.ts";

/** Every rule, in the order of the path; `kheadless explain` lists them so. */
export const RULES: readonly Rule[] = [
  clusterIpImmutable,
  clusterIpMisspelled,
  clusterIpNotNone,
  dnsNameTooLong,
  externalNameIgnored,
  externalNameTarget,
  headlessFieldIgnored,
  headlessTypeConflict,
  ipFamilyMismatch,
  portDiffersFromTargetPort,
  portUnnamed,
  serviceNotFound,
  serviceRejected,
  serviceTerminating,
  statefulSetServiceMissing,
  statelessWorkload,
  subdomainNamesNoService,
  targetPortUnresolved,
  selectorMatchesForeignPods,
  selectorMatchesNoPods,
  selectorMissesReplicas,
  selectorMissing,
  statefulSetSelectorMismatch,
  subdomainSelectorMismatch,
  hostnameShared,
  podNotRunning,
  podTerminating,
  replicasZero,
  updateRejected,
  workloadRejected,
  bootstrapDeadlock,
  notReadyPublished,
  podNotReady,
  subdomainWithoutHostname,
  tolerateUnreadyAnnotation,
  endpointSliceMissing,
  endpointSliceRejected,
  endpointSliceStale,
  endpointSliceUnlabelled,
  endpointsDeprecated,
  endpointsTruncated,
  clusterDnsDown,
  clusterDnsForbidden,
  clusterDomainMismatch,
  corefileExcludesService,
  corefileInvalid,
  corefileRewritesName,
  answerDiffers,
  answerTooLarge,
  dnsCached,
  dnsReplicasDisagree,
  clientBypassesClusterDns,
  clientSearchPath,
  clusterDnsUnreachable,
  clusterDomainHardCoded,
  networkPolicyBlocksDns,
  peerNameBroken,
  connectionRefused,
];
