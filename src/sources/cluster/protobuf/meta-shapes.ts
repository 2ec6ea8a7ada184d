// What all objects share, as k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto numbers it.
import { bytes, flagPointer, integer, labels, many, message, one, shared, text, texts, time } from "./shape.ts";

const OWNER_REFERENCE = message({
  1: text("kind"),
  3: text("name"),
  4: text("uid"),
  5: text("apiVersion"),
  6: flagPointer("controller"),
});

const META = {
  1: text("name"),
  2: text("generateName"),
  3: text("namespace"),
  5: text("uid"),
  8: time("creationTimestamp"),
  9: time("deletionTimestamp"),
  11: labels("labels"),
  12: labels("annotations"),
  13: shared(many("ownerReferences", OWNER_REFERENCE)),
  14: texts("finalizers"),
};

export const META_SHAPE = one("metadata", message(META));

/** With what tells whether a controller has seen the object's last change. */
export const META_SHAPE_WITH_GENERATION = one("metadata", message({ ...META, 7: integer("generation") }));

/** With who last wrote which of the object's fields, and when. */
export const META_SHAPE_WITH_WRITERS = one(
  "metadata",
  message({
    ...META,
    17: many(
      "managedFields",
      message({ 4: time("time"), 7: one("fieldsV1", message({ 1: bytes("raw") })), 8: text("subresource") }),
    ),
  }),
);

export const LABEL_SELECTOR = message({
  1: labels("matchLabels"),
  2: many("matchExpressions", message({ 1: text("key"), 2: text("operator"), 3: texts("values") })),
});

/** runtime.TypeMeta of the envelope. */
export const TYPE_META = message({ 1: text("apiVersion"), 2: text("kind") });

export const LIST_META = message({ 3: text("continue") });

/** What an API server answers instead of what was asked for. */
export const STATUS = message({
  2: text("status"),
  3: text("message"),
  4: text("reason"),
  5: one("details", message({ 1: text("name"), 2: text("group"), 3: text("kind"), 5: integer("retryAfterSeconds") })),
  6: integer("code"),
});
