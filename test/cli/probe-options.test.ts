import { expect, test } from "vitest";
import { type PlaceOptions, placeOf, timeoutOf } from "../../src/cli/probe-options.ts";

const place = (options: PlaceOptions) => placeOf(options, "shop", "dig:1");

test("without options it is a Pod of the namespace, with a deadline behind the timeout", () => {
  expect(place({})).toEqual({
    kind: "pod",
    like: null,
    options: {
      namespace: "shop",
      image: "dig:1",
      node: null,
      serviceAccount: "",
      imagePullSecrets: [],
      nodeSelector: {},
      tolerations: [],
      labels: {},
      override: null,
      deadlineSeconds: 75,
    },
  });
});

test.each<readonly [PlaceOptions, object]>([
  [{ in: "pod/web-0" }, { kind: "container", pod: { namespace: "shop", name: "web-0" }, image: "dig:1" }],
  [
    { in: "web-0.other", image: "x/y:2" },
    { kind: "container", pod: { namespace: "other", name: "web-0" }, image: "x/y:2" },
  ],
  [
    { in: "web-0", exec: true },
    { kind: "exec", pod: { namespace: "shop", name: "web-0" }, container: null },
  ],
  [{ in: "web-0", exec: true, container: "main" }, { container: "main" }],
  [{ everyNode: true }, { kind: "every-node", atOnce: 10 }],
  [{ node: "worker-1.example" }, { options: { node: "worker-1.example" } }],
  [{ like: "po/web-0" }, { like: { namespace: "shop", name: "web-0" } }],
  [{ labels: "app=web,kheadless.dev/x=" }, { options: { labels: { app: "web", "kheadless.dev/x": "" } } }],
  [{ nodeSelector: "pool=a" }, { options: { nodeSelector: { pool: "a" } } }],
  [{ override: '{"spec":{"hostNetwork":true}}' }, { options: { override: { spec: { hostNetwork: true } } } }],
  [{ timeout: "2m" }, { options: { deadlineSeconds: 135 } }],
  [
    { toleration: ["gpu", "pool=a:NoExecute", "*", "*:NoSchedule", "x=:NoSchedule"] },
    {
      options: {
        tolerations: [
          { key: "gpu", operator: "Exists" },
          { key: "pool", operator: "Equal", value: "a", effect: "NoExecute" },
          { operator: "Exists" },
          { operator: "Exists", effect: "NoSchedule" },
          { key: "x", operator: "Equal", value: "", effect: "NoSchedule" },
        ],
      },
    },
  ],
])("%j", (options, expected) => {
  expect(place(options)).toMatchObject(expected);
});

test.each<readonly [PlaceOptions, string]>([
  [{ in: "svc/web" }, "--in svc/web: write pod/NAME"],
  [{ in: "web-0", node: "n" }, "--in asks in a Pod that is there: --node is for a Pod of its own"],
  [{ in: "web-0", labels: "a=b" }, "--labels is for a Pod of its own"],
  [{ exec: true }, "--exec runs in a Pod: name it with --in pod/NAME"],
  [{ in: "web-0", exec: true, image: "x" }, "--image is for --in without it"],
  [{ in: "web-0", container: "x" }, "-c chooses the container of --exec"],
  [{ node: "n", everyNode: true }, "--node and --every-node exclude each other"],
  [{ node: "A b" }, "--node A b: that can be no object's name"],
  [{ like: "web-0.other" }, "ask from there with -n other"],
  [{ image: "-x" }, "that is no image's name"],
  [{ image: "x; reboot" }, "that is no image's name"],
  [{ labels: "app" }, "--labels app: write KEY=VALUE"],
  [{ labels: "app=a=b" }, "write KEY=VALUE"],
  [{ nodeSelector: "pool=a b" }, "--node-selector pool=a b: write KEY=VALUE"],
  [{ toleration: ["gpu:Sometimes"] }, "--toleration gpu:Sometimes: write KEY"],
  [{ override: "{" }, "--override is not JSON"],
  [{ override: "[]" }, "--override must be a JSON object"],
  [{ override: '{"hostNetwork":true}' }, "a Pod has no hostNetwork"],
  [{ serviceAccount: "a/b" }, "--service-account a/b"],
])("%j is refused", (options, message) => {
  expect(() => place(options)).toThrow(message);
});

test.each(["", "5", "soon", "500ms", "0"])("--timeout %j", (timeout) => {
  if (timeout === "5") expect(timeoutOf({ timeout })).toBe(5_000);
  else expect(() => timeoutOf({ timeout })).toThrow("write 30s, 2m or 1m30s, and at least 1s");
});
