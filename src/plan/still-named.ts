import { refOf } from "../objects/meta.ts";
import type { Reference } from "../trace/references/reference.ts";
import { listed } from "../trace/words.ts";
import { isSame } from "./difference.ts";
import { nameRuns } from "./names.ts";
import { objectKey, type Side, workloadKey } from "./side.ts";

/** Of more names nobody would read who names them. */
const MOST_LOOKED_FOR = 1_000;

/** Who on the new side names one of the short names (`mysql-4.mysql`) of a namespace, as a sentence; "" for nobody. */
export function stillNamed(
  names: readonly string[],
  namespace: string,
  { before, after }: { readonly before: Side; readonly after: Side },
): string {
  const domain = after.zone.domain.name;
  const namespaces = new Set([...after.workloads.values()].map(({ metadata }) => metadata.namespace));
  const who = new Set<string>();
  const what = new Set<string>();
  for (const name of names.slice(0, MOST_LOOKED_FOR)) {
    const full = `${name}.${namespace}`;
    for (const from of namespaces) {
      const hosts = [...(from === namespace ? [name] : []), full, `${full}.svc`, `${full}.svc.${domain}`];
      const found = [
        ...hosts.flatMap((host) => after.lookups.references().naming(from, host)),
        // A name that nothing has any more is not recognised as one: what stayed as it was still says it.
        ...hosts.flatMap((host) => before.lookups.references().naming(from, host)).filter((one) => stays(one, after)),
      ].filter(({ isHost, host }) => isHost || host.includes(".svc"));
      for (const { holder } of found) who.add(`${holder.kind} ${objectKey(holder)}`);
      if (found.length > 0) what.add(name);
    }
  }
  if (who.size === 0) return "";
  return ` ${listed([...who].sort())} still ${who.size === 1 ? "names" : "name"} ${listed(nameRuns([...what]))}.`;
}

function stays({ holder, object }: Reference, after: Side): boolean {
  // Of a ConfigMap that is used it is not compared what became of it.
  if (object !== holder || holder.kind === "Pod") return false;
  const now = after.workloads.get(workloadKey(refOf(holder)));
  return now !== undefined && isSame(now.template.spec, holder.template.spec);
}
