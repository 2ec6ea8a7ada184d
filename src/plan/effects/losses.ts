import { predict } from "../../dns/zone.ts";
import { refOf } from "../../objects/meta.ts";
import type { Service } from "../../objects/service.ts";
import { count, listed } from "../../trace/words.ts";
import type { Difference } from "../difference.ts";
import type { Effect } from "../effect.ts";
import { nameRuns, shortName } from "../names.ts";
import type { RecordChange } from "../record-change.ts";
import { hasName } from "../record-set.ts";
import type { Side, Sides } from "../side.ts";
import { stillNamed } from "../still-named.ts";

/** The changes of one Service's records, with what makes them. */
export interface ServiceChanges {
  readonly namespace: string;
  readonly name: string;
  readonly before: Service | null;
  readonly after: Service | null;
  readonly changes: readonly (RecordChange & { readonly because: readonly Difference[] })[];
}

/** Names that are gone, and answers that lack records which they had. */
export function losses(given: ServiceChanges, sides: Sides): readonly Effect[] {
  const { after } = sides;
  const { namespace, changes } = given;
  const domain = after.zone.domain.name;
  // Reverse names go with those that they lead to.
  const removed = changes.filter(({ change, type }) => change === "removed" && type !== "PTR");
  const gone = [...new Set(removed.map(({ name }) => name))].filter((name) => !hasName(after.records, name));
  const short = (names: readonly string[]): readonly string[] =>
    nameRuns(names.map((name) => shortName(name, namespace, domain)));
  const effects: Effect[] = [];
  if (gone.length > 0) {
    const names = listed(short(gone), 6);
    const named = stillNamed(
      gone.map((name) => shortName(name, namespace, domain)),
      namespace,
      sides,
    );
    const verb = gone.length === 1 ? "begins" : "begin";
    const message = `${names} ${verb} to answer NXDOMAIN${cachedFor(gone, after)}.${named}`;
    effects.push({ effect: "names-lost", severity: "error", ...cause(given, removed), message, steps: "" });
  }
  const lostType = removed.filter(({ name }) => !gone.includes(name));
  const fewer = changes.filter(({ change, removed: records }) => change === "changed" && records.length > 0);
  const told = [
    ...lostType.map(
      ({ name, type, before }) =>
        `${shortName(name, namespace, domain)} loses its ${before.length === 1 ? `${type} record` : count(before.length, `${type} record`)}.`,
    ),
    ...fewerTexts(fewer, short),
  ];
  if (told.length > 0) {
    const caused = cause(given, [...lostType, ...fewer]);
    effects.push({ effect: "records-lost", severity: "error", ...caused, message: told.join(" "), steps: "" });
  }
  return effects;
}

/** Names that go on answering, with less than they had or with something else. */
function fewerTexts(
  changes: readonly RecordChange[],
  short: (names: readonly string[]) => readonly string[],
): readonly string[] {
  const groups = Map.groupBy(changes, ({ before, after }) => after.length < before.length);
  return [...groups].map(([isLess, group]) => {
    const names = short([...new Set(group.map(({ name }) => name))]);
    const verb = names.length === 1 ? ["exists", "leads"] : ["exist", "lead"];
    return `${listed(names, 6)} still ${verb[0]}, and ${verb[1]} to ${isLess ? "fewer" : "other"} endpoints.`;
  });
}

type Caused = Pick<Effect, "services" | "object" | "field" | "location">;

function cause({ namespace, name, before, after }: ServiceChanges, changes: ServiceChanges["changes"]): Caused {
  const services = [`${namespace}/${name}`];
  const [first] = changes.flatMap(({ because }) => because);
  if (first !== undefined) {
    const { object, field, location } = first;
    return { services, object, field, location };
  }
  const service = after ?? before;
  const object = service === null ? { apiVersion: "v1", kind: "Service", namespace, name } : refOf(service);
  return { services, object, field: null, location: service?.origin?.start ?? null };
}

/** How long caches keep the absence, once they were told of it. */
function cachedFor(names: readonly string[], { zone }: Side): string {
  const [name = ""] = names;
  const answer = predict(zone.zone, name, "A");
  const seconds = answer.known ? answer.negativeTtl : null;
  return seconds === null || seconds === 0 ? "" : ` (which clients' caches may keep for ${seconds}s)`;
}
