import { describe, expect, it } from "vitest";
import { type MissingPermission, permissionsText, readPermissions } from "../../src/objects/permission.ts";

const pods: MissingPermission = { verb: "list", what: ["pods", "statefulsets.apps"], where: " in shop", user: "jane" };
const corefile: MissingPermission = {
  verb: "get",
  what: ["configmaps/coredns"],
  where: " in kube-system",
  user: "jane",
};
const all: MissingPermission = { verb: "list", what: ["namespaces"], where: "", user: "CN=a b (ops)" };

describe("missing permissions as text", () => {
  it("says them as kubectl names them", () => {
    expect(permissionsText([pods])).toBe("no permission to list pods, statefulsets.apps in shop (user jane)");
  });

  it("reads back what it wrote, one or several", () => {
    for (const one of [pods, corefile, all]) expect(readPermissions(permissionsText([one]))).toEqual([one]);
    expect(readPermissions([pods, corefile].map((one) => permissionsText([one])).join("; "))).toEqual([pods, corefile]);
  });

  it.each([
    "cluster DNS could not be asked: no route",
    `events of type Normal were not read; ${permissionsText([pods])}`,
    "no permission to forward ports to Pods in kube-system (user jane): ask for get and create",
    "",
  ])("leaves other text alone: %j", (text) => {
    expect(readPermissions(text)).toBeNull();
  });

  it("says several of one user in one text, each permission once", () => {
    const services = { ...pods, what: ["services", "pods"] };
    expect(permissionsText([pods, corefile, services])).toBe(
      "no permission to list pods, statefulsets.apps, services in shop; get configmaps/coredns in kube-system (user jane)",
    );
  });
});
