import type { ObjectMeta, ObjectRef, OwnerReference } from "../meta.ts";
import { type Field, fault, flag, has, labels, map, sharing, sharingEach, text, textOr, texts } from "./fields.ts";

/**
 * An object's metadata. `generateName` without a name gives a stand-in name that no object can have (see
 * kubernetes/workload-pods isStandIn). `namespaced` false makes the namespace "".
 */
export function readMeta(root: Field, defaultNamespace: string, namespaced: boolean): ObjectMeta {
  const meta = map(root, "metadata");
  return {
    name: nameOf(root, meta),
    namespace: namespaced ? textOr(meta, "namespace", "") || defaultNamespace : "",
    uid: textOr(meta, "uid", ""),
    labels: labels(meta, "labels"),
    annotations: labels(meta, "annotations"),
    ownerReferences: readOwners(meta, "ownerReferences"),
    creationTimestamp: text(meta, "creationTimestamp"),
    deletionTimestamp: text(meta, "deletionTimestamp"),
    finalizers: texts(meta, "finalizers"),
  };
}

function nameOf(root: Field, meta: Field): string {
  if (root.entries.metadata === null || root.entries.metadata === undefined) {
    fault(root, ["metadata"], "expected a map with the object's name, found nothing");
    return "";
  }
  const name = text(meta, "name");
  if (name !== null && name !== "") {
    if (name.includes("{{")) fault(meta, ["name"], "expected a name, found a template that is not rendered yet");
    return name;
  }
  const prefix = text(meta, "generateName");
  if (prefix !== null && prefix !== "") return `${prefix}<random>`;
  // A name of the wrong type has its fault already, and so has metadata that is no map.
  if (!has(meta, "name") && root.entries.metadata === meta.entries) {
    fault(meta, ["name"], "expected the object's name, found nothing");
  } else if (name === "") {
    fault(meta, ["name"], 'expected the object\'s name, found the text ""');
  }
  return "";
}

function readOwner(owner: Field): OwnerReference {
  return {
    apiVersion: textOr(owner, "apiVersion", ""),
    kind: textOr(owner, "kind", ""),
    name: textOr(owner, "name", ""),
    uid: textOr(owner, "uid", ""),
    controller: flag(owner, "controller") ?? false,
  };
}

const readOwners = sharingEach(sharing(readOwner));

/** A reference to another object, as Endpoints' `targetRef` and Events' `involvedObject` hold it. */
export function readRef(field: Field): ObjectRef {
  return {
    apiVersion: textOr(field, "apiVersion", ""),
    kind: textOr(field, "kind", ""),
    namespace: textOr(field, "namespace", ""),
    name: textOr(field, "name", ""),
  };
}
