import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../sources/cluster/http.ts";
import { pathOf } from "../sources/cluster/resources.ts";
import { ProbeError } from "./error.ts";
import { isJson, type Json } from "./merge-patch.ts";
import { CONTAINER, type PodManifest, RUN_LABEL } from "./pod.ts";
import { refusal } from "./refusal.ts";
import type { PodName, ProbeAccess, ProbeWatch } from "./vantage.ts";

/** What else may pass by itself: quotas that many change at once, and a namespace so new that it has no service account yet. */
const TRIES = 5;
const PAUSE_MS = 500;
const PASSING = /Operation cannot be fulfilled on resourcequotas|serviceaccount "default" not found/;

/** What became of a creation. */
export interface Creation {
  /** Whether the Pod is there, or may be: then it is to be removed. */
  readonly isThere: boolean;
  /** null where it is not known. */
  readonly uid: string | null;
  /** Why the Pod cannot be used. */
  readonly error: ProbeError | null;
}

/** Creates the Pod, whose name is ours: so it can be removed also where the answer is lost. Throws whatever cuts the connection. */
export async function createPod(
  { api }: ProbeAccess,
  manifest: PodManifest,
  { namespace, name }: PodName,
  watch: ProbeWatch,
  signal: AbortSignal,
): Promise<Creation> {
  const path = pathOf("v1", namespace, "pods");
  for (let tries = 1; ; tries++) {
    const answer = await api.change({ method: "POST", path, body: manifest }, signal);
    const created = isCreated(answer)
      ? answer
      : isReason(answer, "AlreadyExists")
        ? await ofThisRun(api.get(pathOf("v1", namespace, "pods", name), {}, signal), manifest)
        : null;
    if (created !== null && isJson(created.body)) return accepted(created.body, manifest, watch);
    if (!PASSING.test(answer.message) || tries >= TRIES) {
      const isThere = answer.status < 400 || answer.status >= 500;
      return { isThere, uid: null, error: refusal(answer, "the probe's Pod", namespace) };
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

function isCreated({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function isReason({ body }: Answer, reason: string): boolean {
  return isJson(body) && body.reason === reason;
}

/** The Pod of that name where it is of this run: the answer to an earlier try was cut off. */
async function ofThisRun(asked: Promise<Answer>, { metadata }: PodManifest): Promise<Answer | null> {
  const answer = await asked;
  const found = isJson(answer.body) && isJson(answer.body.metadata) ? answer.body.metadata.labels : null;
  return isJson(found) && found[RUN_LABEL] === metadata.labels[RUN_LABEL] ? answer : null;
}

/** Tells what admission made of the Pod. */
function accepted(body: Json, wanted: PodManifest, watch: ProbeWatch): Creation {
  const uid = isJson(body.metadata) ? String(body.metadata.uid) : null;
  const before = containersOf(wanted.spec);
  const after = containersOf(isJson(body.spec) ? body.spec : {});
  const [asked, got] = [before, after].map((list) => list.find(({ name }) => name === CONTAINER));
  const changed = (key: string): boolean => JSON.stringify(asked?.[key]) !== JSON.stringify(got?.[key]);
  if (changed("command") || changed("args")) return { isThere: true, uid, error: changedError() };
  if (changed("image")) watch.notice(`an admission webhook changed the image ${asked?.image} to ${got?.image}`);
  const added = after.filter(({ name }) => !before.some((one) => one.name === name)).map(({ name }) => String(name));
  if (added.length > 0) {
    watch.notice(`an admission webhook put more into the probe's Pod: container ${added.join(", ")}`);
  }
  return { isThere: true, uid, error: null };
}

function changedError(): ProbeError {
  return new ProbeError(
    "an admission webhook changed what the probe's Pod runs: what it would say could not be trusted",
    "kubectl get mutatingwebhookconfigurations lists them; --labels, or -n, may keep the Pod out of its way",
  );
}

function containersOf(spec: Json): readonly Json[] {
  return [spec.initContainers, spec.containers].flat().filter(isJson);
}
