import { expect, test } from "vitest";
import { statefulSetServiceMissing } from "../../src/rules/stateful-set-service-missing.ts";
import { subdomainNamesNoService } from "../../src/rules/subdomain-names-no-service.ts";

/** The Services of a namespace that has too many of them to be gone through for each. */
const ALL = new Proxy([], {
  get: () => {
    throw new Error("looked at all Services");
  },
});

test.each([statefulSetServiceMissing, subdomainNamesNoService])(
  "$id goes through all Services only for one that somebody names",
  ({ check }) => {
    const context = (serviceName: string, subdomain: string) => ({
      name: "db",
      headless: true,
      service: { metadata: { name: "db" } },
      neededBy: [],
      services: { inNamespace: ALL },
      workloads: { governed: serviceName === "" ? [] : [{ kind: "StatefulSet", serviceName }], selected: [] },
      pods: {
        selected: [
          { metadata: { annotations: {}, deletionTimestamp: null }, spec: { subdomain }, status: { phase: "Running" } },
        ],
      },
      references: {},
      live: false,
      now: null,
    });
    expect(check(context("", "db") as never)).toEqual([]);
    expect(() => check(context("other", "other") as never)).toThrow("looked at all Services");
  },
);
