import { describe, expect, it } from "vitest";
import { configMapsNote, dnsScopeNote, EVENTS_NOTE, isLeftOut } from "../../src/objects/dns-scope.ts";

describe("what is partial on purpose", () => {
  it("is what was not asked for", () => {
    expect(isLeftOut(dnsScopeNote("pods"), "pods")).toBe(true);
    expect(isLeftOut(EVENTS_NOTE, "events")).toBe(true);
    expect(isLeftOut(configMapsNote("kube-system", ["coredns", "own-corefile"]), "configMaps")).toBe(true);
  });

  it("is not what failed, also beside it", () => {
    const failed = "no permission to list pods in kube-system (user jane)";
    expect(isLeftOut(failed, "pods")).toBe(false);
    expect(isLeftOut(`${dnsScopeNote("pods")}; ${failed}`, "pods")).toBe(false);
    expect(isLeftOut(`${EVENTS_NOTE}; ${failed}`, "events")).toBe(false);
    expect(isLeftOut(`${configMapsNote("shop", ["coredns"])}; ${failed}`, "configMaps")).toBe(false);
    expect(isLeftOut(dnsScopeNote("services"), "pods")).toBe(false);
  });
});
