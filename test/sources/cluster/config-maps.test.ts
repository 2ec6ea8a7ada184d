import { describe, expect, test } from "vitest";
import { readUsedConfigMaps } from "../../../src/sources/cluster/config-maps.ts";
import { openApi } from "../../../src/sources/cluster/http.ts";
import { configMap } from "../../api-server/objects.ts";
import type { ApiServerOptions } from "../../api-server/server.ts";
import { connectTo, never, serve } from "./setup.ts";

const PATH = "/api/v1/namespaces/shop/configmaps";
const named = (prefix: string, number: number): readonly string[] =>
  Array.from({ length: number }, (_, at) => `${prefix}-${String(at).padStart(3, "0")}`);
const settings = (names: readonly string[]) => names.map((name) => configMap("shop", name, { peer: `${name}.db` }));

/** What comes of asking for these ConfigMaps, and what the server was asked for that. */
async function reading(names: readonly string[], options: ApiServerOptions) {
  const server = await serve({ protobuf: true, ...options });
  const { forward } = await connectTo(server);
  const patience = { total: 0, silence: 0, pause: 1, waiting: 30_000 };
  const api = openApi({ ...forward, patience, compress: true });
  const { result } = await readUsedConfigMaps(api, "shop", names, never);
  return {
    result,
    found: result.status === "unavailable" ? [] : result.items.map(({ metadata }) => metadata.name),
    asked: server.requests.map(({ path, query }) => `${path.slice(PATH.length)}?${query}`),
  };
}

const wanted = named("used", 21);

test("few are asked for by name", async () => {
  const few = wanted.slice(1);
  const { found, asked } = await reading(few, { objects: settings(wanted) });
  expect(found).toEqual(few);
  expect(asked.toSorted()).toEqual(few.map((name) => `/${name}?`));
});

describe("many", () => {
  test("come from one list, the same as by name", async () => {
    const objects = settings([...wanted, ...named("other", 15)]);
    const [listed, byName] = [
      await reading(wanted, { objects }),
      await reading(wanted, { objects, forbidden: ["list configmaps in shop"] }),
    ];
    expect(listed.found).toEqual(wanted);
    expect(listed.asked).toEqual(["?limit=42"]);
    expect(byName.asked.toSorted()).toEqual([...wanted.map((name) => `/${name}?`), "?limit=42"]);
    expect(listed.result).toEqual(byName.result);
  });

  test("what a whole list does not hold is not there", async () => {
    const { found, result, asked } = await reading(wanted, { objects: settings(wanted.slice(0, 5)) });
    expect(found).toEqual(wanted.slice(0, 5));
    expect(asked).toHaveLength(1);
    expect(result).toMatchObject({ status: "partial", because: expect.stringMatching(/ were asked for$/) });
  });

  test("what stands behind the first page is asked for by name, and no other page", async () => {
    const objects = settings([...named("before", 30), ...wanted, ...named("zzz", 300)]);
    const { found, asked } = await reading(wanted, { objects });
    expect(found).toEqual(wanted);
    expect(asked.toSorted()).toEqual([...wanted.slice(12).map((name) => `/${name}?`), "?limit=42"]);
  });

  test("a server that speaks no protobuf is asked by name", async () => {
    const { found, asked } = await reading(wanted, { objects: settings(wanted), protobuf: false });
    expect(found).toEqual(wanted);
    expect(asked).toHaveLength(22);
  });

  test("where neither is allowed, it is said as for few", async () => {
    const forbidden = ["list configmaps", "get configmaps"];
    const { result } = await reading(wanted, { objects: settings(wanted), forbidden });
    expect(result).toEqual((await reading(wanted.slice(1), { objects: [], forbidden })).result);
    expect(result).toMatchObject({ status: "unavailable", because: expect.stringContaining("get configmaps in shop") });
  });
});
