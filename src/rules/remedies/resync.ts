import { kubectl, note } from "./kubectl.ts";

const ANNOTATION = "kheadless.dev/looked-at";

/** Makes a controller look at an object again, because any change of it does; nothing of it stays behind. */
export function resync(
  namespace: string,
  name: string,
  now: string | null,
  kind: "service" | "endpoints" = "service",
): readonly string[] {
  return [note("any change makes it look again:"), ...touch(namespace, kind, name, now)];
}

/** A change of an object, and its end: both are seen by its controller. */
export function touch(namespace: string, kind: string, name: string, now: string | null): readonly string[] {
  return [
    kubectl(namespace, "annotate", kind, name, `${ANNOTATION}=${now ?? "now"}`, "--overwrite"),
    kubectl(namespace, "annotate", kind, name, `${ANNOTATION}-`),
  ];
}
