import { refOf } from "../objects/meta.ts";
import { isSame } from "../objects/same.ts";
import type { Reference } from "../trace/references/reference.ts";
import { listed } from "../trace/words.ts";
import { objectKey, workloadKey } from "./keys.ts";
import { nameRuns } from "./names.ts";
import type { Side, Sides } from "./side.ts";

/** Of more names nobody would read who names them. */
const MOST_LOOKED_FOR = 1_000;

/** Who on the new side names one of the short names (`mysql-4.mysql`) of a namespace, as a sentence; "" for nobody. */
export function stillNamed(names: readonly string[], namespace: string, { before, after }: Sides): string {
  const domain = after.zone.domain.name;
  const who = new Set<string>();
  const what = new Set<string>();
  for (const name of names.slice(0, MOST_LOOKED_FOR)) {
    const full = `${name}.${namespace}`;
    const naming = ({ lookups }: Side): readonly Reference[] => {
      const references = lookups.references();
      return [
        ...references.naming(namespace, name),
        ...[full, `${full}.svc`, `${full}.svc.${domain}`].flatMap((host) => references.namingAnywhere(host)),
      ];
    };
    // A name that nothing has any more is not recognised as one: what stayed as it was still says it.
    const found = [...naming(after), ...naming(before).filter((one) => stays(one, after))];
    for (const { holder, isHost, host } of found) {
      if (!isHost && !host.includes(".svc")) continue;
      who.add(`${holder.kind} ${objectKey(holder)}`);
      what.add(name);
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
