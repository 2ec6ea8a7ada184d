import { describe, expect, it } from "vitest";
import { type Collected, complete, partial, unavailable } from "../../src/objects/collected.ts";
import type { Namespace } from "../../src/objects/others.ts";
import type { Listed, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";

const object = (namespace: string, name: string) => ({ metadata: { namespace, name } }) as unknown as Namespace;
const index = (lists: readonly Listed<Namespace>[]) =>
  indexSnapshot({ lists: { namespaces: lists } } as unknown as Snapshot);
const told = (found: Collected<Namespace>) =>
  found.status === "unavailable" ? found.because : [found.status, ...found.items.map(({ metadata }) => metadata.name)];

describe("what was collected of a namespace", () => {
  const a = object("a", "x");
  const b = object("b", "y");

  it("is its share of the list of all", () => {
    const all = index([{ namespace: null, result: complete([a, b]) }]);
    expect(told(all.in("namespaces", "a"))).toEqual(["complete", "x"]);
    expect(told(all.in("namespaces", "c"))).toEqual(["complete"]);
  });

  it("is the list asked of it before that of all", () => {
    const both = index([
      { namespace: "a", result: complete([a]) },
      { namespace: null, result: unavailable("forbidden") },
    ]);
    expect(told(both.in("namespaces", "a"))).toEqual(["complete", "x"]);
    expect(told(both.in("namespaces", "b"))).toBe("forbidden");
  });

  it("is the whole list wherever one was read, whatever came first", () => {
    const some = { namespace: "a", result: partial([], "only labelled ones were read") };
    const whole = { namespace: "a", result: complete([a]) };
    for (const lists of [
      [some, whole],
      [whole, some],
      [some, { namespace: null, result: complete([a, b]) }],
    ]) {
      expect(told(index(lists).in("namespaces", "a"))).toEqual(["complete", "x"]);
      expect(index(lists).named("namespaces", "x")).toEqual([a]);
    }
  });

  it("is unavailable where nobody asked", () => {
    expect(told(index([]).in("namespaces", "a"))).toBe("namespaces of namespace a were not read");
  });
});
