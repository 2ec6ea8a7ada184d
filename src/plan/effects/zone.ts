import type { ObjectRef } from "../../objects/meta.ts";
import type { Effect } from "../effect.ts";
import type { Side } from "../side.ts";

/** What a changed Corefile means for all names together. */
export function zoneEffects(before: Side, after: Side): readonly Effect[] {
  const [old, now] = [before.zone, after.zone];
  const configMap = now.dns.configMap ?? old.dns.configMap;
  if (configMap === null) return [];
  const base = { services: [], ...placeOf(configMap, after), steps: "" };
  const effects: Effect[] = [];
  if (old.domain.name !== now.domain.name) {
    const message = `The cluster domain changes from ${old.domain.name} to ${now.domain.name}: every full name changes, and search lists only once kubelets and Pods are restarted.`;
    effects.push({ effect: "cluster-domain-changed", severity: "warning", ...base, message });
  }
  const [from, to] = [ttlOf(before), ttlOf(after)];
  if (from !== null && to !== null && from !== to) {
    const what = to > from ? "stay in clients' caches for longer after a Pod has moved" : "are asked for more often";
    const message = `The TTL of every record changes from ${from}s to ${to}s: answers ${what}.`;
    effects.push({ effect: "ttl-changed", severity: "warning", ...base, message });
  }
  return effects;
}

function placeOf(object: ObjectRef, { index }: Side): Pick<Effect, "object" | "field" | "location"> {
  const field = ["data", "Corefile"];
  const found = index.named("configMaps", object.name).find(({ metadata }) => metadata.namespace === object.namespace);
  return { object, field, location: found?.origin?.locate(field) ?? null };
}

/** What clients' caches go by; null where no server block answers for the cluster. */
function ttlOf({ zone }: Side): number | null {
  const { domain } = zone;
  for (const block of zone.zone.blocks.values()) {
    if (block.kubernetes?.zones.includes(`${domain.name}.`) === true) return block.kubernetes.ttl;
  }
  return null;
}
