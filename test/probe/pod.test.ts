import { describe, expect, it } from "vitest";
import { isDns1123Label, isLabelValue, isQualifiedName } from "../../src/kubernetes/names.ts";
import { DEFAULT_IMAGE, type ProbePodOptions, probeContainer, probePod, randomSuffix } from "../../src/probe/pod.ts";
import { POD_OPTIONS } from "./pod-options.ts";

const program = { command: ["sh", "-c", 'echo "$@"', "probe"], args: ["$(reboot)", "a b"] };
const maker = { user: "0123456789abcdef", run: "bcdfghjk" };
const options = (given: Partial<ProbePodOptions> = {}): ProbePodOptions => ({
  ...POD_OPTIONS,
  image: DEFAULT_IMAGE,
  ...given,
});
const make = (given: Partial<ProbePodOptions> = {}) => probePod(options(given), program, "kheadless-probe-x", maker);

describe("the Pod", () => {
  it("is restricted, bounded, and nobody's", () => {
    expect(make()).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "kheadless-probe-x",
        namespace: "shop",
        labels: {
          "app.kubernetes.io/name": "kheadless-probe",
          "app.kubernetes.io/managed-by": "kheadless",
          "kheadless.dev/probe-user": "0123456789abcdef",
          "kheadless.dev/probe-run": "bcdfghjk",
        },
      },
      spec: {
        restartPolicy: "Never",
        activeDeadlineSeconds: 75,
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        nodeSelector: { "kubernetes.io/os": "linux" },
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          runAsGroup: 65532,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "probe",
            image: "registry.k8s.io/e2e-test-images/agnhost:2.53",
            imagePullPolicy: "IfNotPresent",
            command: program.command,
            args: program.args,
            resources: {
              requests: { cpu: "20m", memory: "32Mi" },
              limits: { cpu: "500m", memory: "128Mi" },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
      },
    });
  });

  it("carries labels that the API server takes", () => {
    for (const [key, value] of Object.entries(make().metadata.labels)) {
      expect([isQualifiedName(key), isLabelValue(value)], key).toEqual([true, true]);
    }
  });

  it("says nothing of its user where the API server does not tell", () => {
    const { labels } = probePod(options(), program, "x", { user: null, run: "r" }).metadata;
    expect(labels).not.toHaveProperty("kheadless.dev/probe-user");
    expect(labels).toHaveProperty(["kheadless.dev/probe-run"], "r");
  });

  it("leaves its name to the API server for whoever creates it by hand", () => {
    const { metadata } = probePod(options(), program, null, null);
    expect(metadata).toMatchObject({ generateName: "kheadless-probe-" });
    expect(metadata).not.toHaveProperty("name");
  });

  it("takes what the options ask for", () => {
    const { spec } = make({
      serviceAccount: "dns",
      imagePullSecrets: ["mirror"],
      nodeSelector: { pool: "a" },
      tolerations: [{ key: "gpu", operator: "Exists" }],
    });
    expect(spec).toMatchObject({
      serviceAccountName: "dns",
      imagePullSecrets: [{ name: "mirror" }],
      nodeSelector: { "kubernetes.io/os": "linux", pool: "a" },
      tolerations: [{ key: "gpu", operator: "Exists" }],
    });
  });

  it("is pinned to a node by its name, past taints that keep new Pods away", () => {
    const { spec } = make({ node: "node-1", tolerations: [{ key: "gpu", operator: "Exists" }] });
    expect(spec.tolerations).toEqual([
      { operator: "Exists", effect: "NoSchedule" },
      { key: "gpu", operator: "Exists" },
    ]);
    expect(spec.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] }],
        },
      },
    });
  });

  it("lets given labels stand over its own, but for those that find it again", () => {
    const { labels } = make({ labels: { "app.kubernetes.io/name": "web", "kheadless.dev/probe-user": "x" } }).metadata;
    expect(labels).toMatchObject({
      "app.kubernetes.io/name": "web",
      "kheadless.dev/probe-user": "0123456789abcdef",
    });
  });

  it("takes an override over all but its name, its namespace and what finds it again", () => {
    const override = {
      metadata: {
        name: "mine",
        namespace: "other",
        annotations: { a: "b" },
        labels: { "kheadless.dev/probe-run": null },
      },
      spec: { hostNetwork: true, enableServiceLinks: null, securityContext: { runAsUser: 1000 } },
    };
    const { metadata, spec } = make({ override });
    expect(metadata).toMatchObject({
      name: "kheadless-probe-x",
      namespace: "shop",
      annotations: { a: "b" },
      labels: { "kheadless.dev/probe-run": "bcdfghjk" },
    });
    expect(spec).toMatchObject({ hostNetwork: true, securityContext: { runAsUser: 1000, runAsNonRoot: true } });
    expect(spec).not.toHaveProperty("enableServiceLinks");
  });
});

describe("the container in a client's Pod", () => {
  it("is as restricted, without resources, which such a container may not have", () => {
    expect(probeContainer("kheadless-probe-x", "dig:1", program)).toEqual({
      name: "kheadless-probe-x",
      image: "dig:1",
      imagePullPolicy: "IfNotPresent",
      ...program,
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
  });
});

it("makes names of a run that differ", () => {
  const made = new Set(Array.from({ length: 1000 }, randomSuffix));
  expect(made.size).toBe(1000);
  expect([...made].every((one) => isDns1123Label(one) && one.length === 8)).toBe(true);
});
