/*
 * What is of interest in the kubelets' configuration, which kubeadm keeps as YAML in ConfigMap kube-system/kubelet-config
 * (kubelet.config.k8s.io/v1beta1): two fields of its top level.
 */

/** The key of the ConfigMap. */
export const KUBELET_KEY = "kubelet";

/** `clusterDomain`, absolute and in lower case; null where it is not there. */
export function kubeletDomain(text: string): string | null {
  const found = /^clusterDomain:[ \t]*["']?([A-Za-z0-9.-]+)["']?[ \t]*$/m.exec(text)?.[1];
  return found === undefined ? null : `${found.toLowerCase().replace(/\.$/, "")}.`;
}

/** `clusterDNS`: the name servers that kubelets write into Pods; empty where they are not there. */
export function kubeletDnsAddresses(text: string): readonly string[] {
  const [, inline = "", block = ""] =
    /^clusterDNS:[ \t]*(?:\[([^\]\n]*)\])?[ \t]*\n?((?:[ \t]*-[^\n]*\n?)*)/m.exec(text) ?? [];
  return [...inline.split(","), ...block.split("\n").map((line) => line.replace(/^[ \t]*-/, ""))]
    .map((item) => item.trim().replace(/^["']|["']$/g, ""))
    .filter((item) => item !== "");
}
