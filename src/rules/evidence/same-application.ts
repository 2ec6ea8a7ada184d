import type { Labels } from "../../objects/meta.ts";
import type { SelectedGroup } from "./selected-groups.ts";

/**
 * Whether two groups of Pods under one selector belong together, as far as labels, images and names tell. `governing`: the
 * Service governs one of them, which has no canaries. In doubt they belong together: members of a cluster are often one
 * Deployment or StatefulSet each (`zoo-1`, `zoo-2`), with volumes, governing Services and releases of their own.
 */
export function isSameApplication(a: SelectedGroup, b: SelectedGroup, governing: boolean): boolean {
  // Makers of kinds that are not read are an operator's: what it puts under one selector belongs together.
  if (a.workload === null && b.workload === null && a.ref !== null && b.ref !== null) return true;
  const images = imagesOf(a).some((image) => imagesOf(b).includes(image));
  const named = sharesIdentity(a.labels, b.labels);
  if (named === "different") return false;
  if (isRunOnce(a) !== isRunOnce(b)) return false;
  if (named === "same") return images || !governing;
  // A canary or a second colour: the same image under a like name. A governing Service has no such thing.
  return !governing && images && a.ref !== null && b.ref !== null && stem(a.ref.name) === stem(b.ref.name);
}

/** By the labels that Helm's and Kubernetes' conventions give an application: its name and its instance. */
function sharesIdentity(a: Labels, b: Labels): "same" | "different" | "unknown" {
  const pairs = [
    ["app.kubernetes.io/name", "app.kubernetes.io/instance"],
    ["app", "release"],
  ] as const;
  for (const [name, instance] of pairs) {
    const [ours, theirs] = [a[name], b[name]];
    if (ours === undefined || theirs === undefined) continue;
    if (ours !== theirs) return "different";
    if (a[instance] !== undefined && a[instance] === b[instance]) return "same";
  }
  return "unknown";
}

/** A Job or a CronJob: its Pods are not there to serve. */
export function isRunOnce({ ref }: SelectedGroup): boolean {
  return ref?.kind === "Job" || ref?.kind === "CronJob";
}

/** The images without registry, tag and digest: `bitnami/mongodb-sharded`. */
function imagesOf({ spec }: SelectedGroup): readonly string[] {
  return spec.containers
    .map(({ image }) => image.replace(/@.*$/, "").replace(/:[^/:]*$/, ""))
    .filter((image) => image !== "");
}

/** `web` for `web-canary`, `web-v2`, `web-blue`. */
function stem(name: string): string {
  const cut = name.lastIndexOf("-");
  return cut > 0 &&
    /^(v?\d+|canary|stable|baseline|preview|blue|green|primary|secondary|new|old|a|b)$/i.test(name.slice(cut + 1))
    ? name.slice(0, cut)
    : name;
}

/** Labels that workloads of several kinds are given to make them members of something. */
const UMBRELLA = /(^|[-_./])(part-of|member|memberlist|gossip|ring|peers?|cluster|discovery)([-_.]|$)/i;

/** Whether a name is that of a membership (`loki-gossip-ring`, `http-memberlist`): its addresses are what is wanted. */
export function speaksOfMembership(name: string): boolean {
  return UMBRELLA.test(name);
}

/** Whether the selector asks for nothing but membership (`gossip_ring_member: "true"`, `app.kubernetes.io/part-of`). */
export function isUmbrella(selector: Labels): boolean {
  return Object.entries(selector).every(
    ([key, value]) =>
      UMBRELLA.test(key.replaceAll("_", "-")) || value === "true" || key === "app.kubernetes.io/managed-by",
  );
}
