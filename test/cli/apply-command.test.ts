import { expect, test } from "vitest";
import { applyCommand } from "../../src/cli/apply-command.ts";
import type { InputOptions } from "../../src/cli/options.ts";

test.each<[string, InputOptions, string]>([
  ["files and folders", { filename: ["a b.yaml", "deploy"] }, "kubectl apply -f 'a b.yaml' -f deploy"],
  [
    "with those below them, in a namespace",
    { filename: ["deploy"], recursive: true, namespace: "shop" },
    "kubectl -n shop apply -f deploy -R",
  ],
  ["what is read of a revision", { filename: ["git:main:deploy"] }, "kubectl apply -f deploy"],
  ["kustomizations beside files", { filename: ["a"], kustomize: ["x", "y"] }, "kubectl apply -f a -k x -k y"],
  [
    "kustomizations with charts, which kubectl apply does not take",
    { filename: ["a"], kustomize: ["x y"], enableHelm: true, namespace: "shop" },
    "kubectl -n shop apply -f a && kubectl kustomize --enable-helm 'x y' | kubectl -n shop apply -f -",
  ],
  [
    "a chart",
    { helm: "./chart", values: ["v.yaml"], set: ["a=b c"], release: "db", namespace: "shop" },
    "helm upgrade -n shop db ./chart --values v.yaml --set 'a=b c'",
  ],
])("%s", (_, options, command) => {
  expect(applyCommand(options)).toBe(command);
});
