import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formOf, podParts } from "../../../src/trace/references/host-form.ts";
import { spellings } from "../../../src/trace/references/misspelling.ts";

describe("a misspelled name", () => {
  const known = spellings([
    "mysql-headless",
    "my-release-rabbitmq-headless",
    "zookeeper-1",
    "redis",
    "api",
    "events-reader",
  ]);
  test.each([
    ["mysql-headles", "mysql-headless"],
    ["mysql-haedless", "mysql-headless"],
    ["mysql-headlesss", "mysql-headless"],
    ["my-release-rabbitmq-head", "my-release-rabbitmq-headless"],
    ["rediz", "redis"],
  ])("%s was meant as %s", (name, meant) => {
    expect(known.meant(name)).toBe(meant);
  });

  test.each([
    "zookeeper-2",
    "app",
    "mysql",
    "mysql-headless-0",
    "postgres-headless",
    "events-writer",
    "my-release",
    "r",
  ])("%s may be another one", (name) => {
    expect(known.meant(name)).toBeNull();
  });

  test("is not told where two could be meant", () => {
    expect(spellings(["store-reader", "store-header"]).meant("store-header")).toBeNull();
  });

  test("is found by one letter in any word long enough", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abcdefgh"), minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(word, word, fc.nat(), (first, second, at) => {
        const name = `${first}-${second}`;
        const place = first.length + 2 + (at % (second.length - 1));
        const wrong = `${name.slice(0, place)}z${name.slice(place + 1)}`;
        expect(spellings([name]).meant(wrong)).toBe(name);
      }),
    );
  });

  test("ten thousand names are no hindrance", () => {
    const many = spellings(Array.from({ length: 10_000 }, (_, n) => `service-${n.toString(36)}-headless`));
    const start = performance.now();
    for (let n = 0; n < 1000; n += 1) many.meant(`service-${n.toString(36)}-headles`);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

test.each([
  ["web", { form: "bare", name: "web" }],
  ["web.shop", { form: "two", first: "web", second: "shop" }],
  ["web-0.web.shop", { form: "three", pod: "web-0", service: "web", namespace: "shop" }],
  ["web.shop.svc", { form: "svc", pod: null, service: "web", namespace: "shop", domain: "" }],
  [
    "web-0.web.shop.svc.corp.local",
    { form: "svc", pod: "web-0", service: "web", namespace: "shop", domain: "corp.local" },
  ],
  ["web.svc.corp.local", { form: "svc", pod: null, service: "web", namespace: null, domain: "corp.local" }],
  ["web.shop.corp.local", { form: "without-svc", pod: null, service: "web", namespace: "shop" }],
  ["_http._tcp.web.shop.svc", { form: "svc", pod: null, service: "web", namespace: "shop", domain: "" }],
  ["10-0-0-1.shop.pod.corp.local", null],
  ["a.b.c.d.svc", null],
  ["a.b.c.d", null],
  ["svc.corp.local", null],
  ["my_app.web", null],
])("%s", (host, form) => {
  expect(formOf(host, "corp.local")).toEqual(form);
});

test.each([
  ["web-0", { set: "web", ordinal: 0 }],
  ["shard-0-11", { set: "shard-0", ordinal: 11 }],
  ["web-01", null],
  ["web", null],
  ["-1", null],
])("the Pod %s", (label, parts) => {
  expect(podParts(label)).toEqual(parts);
});
