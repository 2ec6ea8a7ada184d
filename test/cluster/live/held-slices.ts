// Slices that stay as they are while Pods change: what a slow or dead controller leaves is shown without racing a live one.
import { ApiError, type KubeObject, reference } from "../cluster.ts";
import type { World } from "./world.ts";

const ADMISSION = "admissionregistration.k8s.io/v1";

/** Lets nobody change the namespace's slices from now on. They go with the namespace where nobody lets go of them. */
export async function holdSlices(world: World): Promise<void> {
  const { api, namespace } = world;
  const { uid } = (await api.get(reference("v1", "Namespace", namespace))).metadata;
  const owner = { apiVersion: "v1", kind: "Namespace", name: namespace, uid };
  const metadata = { name: namespace, ownerReferences: [owner] };
  const updates = {
    apiGroups: ["discovery.k8s.io"],
    apiVersions: ["*"],
    operations: ["UPDATE"],
    resources: ["endpointslices"],
  };
  const here = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  await api.create({
    apiVersion: ADMISSION,
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: {
      matchConstraints: { resourceRules: [updates], namespaceSelector: here },
      validations: [{ expression: "false", message: "held by a test" }],
    },
  });
  await api.create({
    apiVersion: ADMISSION,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: { policyName: namespace, validationActions: ["Deny"] },
  });
  await untilChange(world, "denied");
}

/** Lets the controller go on, and has it look at the Service once more. */
export async function releaseSlices(world: World, service: string): Promise<void> {
  for (const kind of ["ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"]) {
    await world.api.delete(reference(ADMISSION, kind, world.namespace));
  }
  await untilChange(world, "allowed");
  await world.patch("Service", service, { metadata: { annotations: { "kheadless.test/released": "" } } });
}

/** The API server learns of policies by a watch: it is asked for a change until it denies it, or takes it. */
async function untilChange(world: World, wanted: "denied" | "allowed"): Promise<void> {
  const [slice] = await world.slices((found) => found.length > 0);
  const { name } = (slice as KubeObject).metadata;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${world.namespace}/endpointslices/${name}?dryRun=All`;
  const patch = { metadata: { annotations: { "kheadless.test/asked": "" } } };
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const denied = await world.api.request("PATCH", path, patch, "application/merge-patch+json").then(
      () => false,
      (error: unknown) => {
        if (error instanceof ApiError && error.code === 422) return true;
        throw error;
      },
    );
    if (denied === (wanted === "denied")) return;
  }
  throw new Error(`changes of slices were not ${wanted} within a minute`);
}
