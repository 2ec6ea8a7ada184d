import { hasSelector, type Service } from "../../objects/service.ts";
import { isSameApplication, isUmbrella } from "./same-application.ts";
import type { SelectedGroup } from "./selected-groups.ts";

/** The groups of Pods that a Service is meant to select, and those that are clearly of another application. */
export interface ForeignGroups {
  readonly own: readonly SelectedGroup[];
  readonly foreign: readonly SelectedGroup[];
}

/** Of a headless Service; nothing is foreign to one that asks for nothing but membership and governs nobody. */
export function foreignGroups(service: Service, groups: readonly SelectedGroup[]): ForeignGroups {
  const { name } = service.metadata;
  if (groups.length < 2 || !hasSelector(service)) return { own: groups, foreign: [] };
  const governed = groups.filter(({ workload, pods }) =>
    workload === null ? pods.every((pod) => pod.spec.subdomain === name) : workload.serviceName === name,
  );
  const governing = governed.length > 0;
  if (!governing && isUmbrella(service.spec.selector ?? {})) return { own: groups, foreign: [] };
  const own = governing ? governed : [mainOf(groups, name)];
  const foreign = groups.filter(
    (group) => !own.includes(group) && !own.some((one) => isSameApplication(one, group, governing)),
  );
  return { own, foreign };
}

/** The group that the Service is named after, else the one with most Pods. */
function mainOf(groups: readonly SelectedGroup[], service: string): SelectedGroup {
  const [first, ...rest] = groups as readonly [SelectedGroup, ...SelectedGroup[]];
  const named = groups
    .filter(({ ref }) => ref !== null && (service === ref.name || service.startsWith(`${ref.name}-`)))
    .sort((a, b) => (b.ref?.name.length ?? 0) - (a.ref?.name.length ?? 0))[0];
  return named ?? rest.reduce((most, group) => (group.pods.length > most.pods.length ? group : most), first);
}
