// Controllers as generated.proto of k8s.io/api apps/v1, batch/v1 (v1beta1 has the same numbers) and core/v1 numbers their fields.
import { LABEL_SELECTOR, META_SHAPE_WITH_GENERATION } from "./meta-shapes.ts";
import { POD_TEMPLATE } from "./pod-shapes.ts";
import {
  type FieldShape,
  flagPointer,
  integer,
  integerOrText,
  integerPointer,
  labels,
  many,
  message,
  one,
  quantities,
  text,
  textPointer,
  texts,
} from "./shape.ts";

const replicas = integerPointer("replicas");
const selector = one("selector", LABEL_SELECTOR);
const template = one("template", POD_TEMPLATE);

function workload(spec: Readonly<Record<number, FieldShape>>, status: Readonly<Record<number, FieldShape>>) {
  return message({ 1: META_SHAPE_WITH_GENERATION, 2: one("spec", message(spec)), 3: one("status", message(status)) });
}

function strategy(name: string, rolling: Readonly<Record<number, FieldShape>>): FieldShape {
  return one(name, message({ 1: text("type"), 2: one("rollingUpdate", message(rolling)) }));
}

const CLAIM = message({
  1: one("metadata", message({ 1: text("name") })),
  2: one(
    "spec",
    message({
      1: texts("accessModes"),
      2: one("resources", message({ 2: quantities("requests") })),
      5: textPointer("storageClassName"),
      6: textPointer("volumeMode"),
    }),
  ),
});

export const STATEFUL_SET = workload(
  {
    1: replicas,
    2: selector,
    3: template,
    4: many("volumeClaimTemplates", CLAIM),
    5: text("serviceName"),
    6: text("podManagementPolicy"),
    7: strategy("updateStrategy", { 1: integerPointer("partition"), 2: integerOrText("maxUnavailable") }),
    11: one("ordinals", message({ 1: integer("start") })),
  },
  { 1: integer("observedGeneration"), 2: integer("replicas"), 3: integer("readyReplicas"), 7: text("updateRevision") },
);

export const DEPLOYMENT = workload(
  { 1: replicas, 2: selector, 3: template, 4: strategy("strategy", { 1: integerOrText("maxUnavailable") }) },
  { 2: integer("replicas"), 7: integer("readyReplicas") },
);

export const REPLICA_SET = workload(
  { 1: replicas, 2: selector, 3: template },
  { 1: integer("replicas"), 4: integer("readyReplicas") },
);

export const DAEMON_SET = workload(
  { 1: selector, 2: template, 3: strategy("updateStrategy", { 1: integerOrText("maxUnavailable") }) },
  { 1: integer("currentNumberScheduled"), 4: integer("numberReady") },
);

export const REPLICATION_CONTROLLER = workload(
  { 1: replicas, 2: labels("selector"), 3: template },
  { 1: integer("replicas"), 4: integer("readyReplicas") },
);

const JOB_SPEC = {
  1: integerPointer("parallelism"),
  2: integerPointer("completions"),
  4: selector,
  6: template,
  9: textPointer("completionMode"),
  10: flagPointer("suspend"),
};

export const JOB = workload(JOB_SPEC, { 4: integer("active"), 9: integerPointer("ready") });

export const CRON_JOB = workload(
  { 4: flagPointer("suspend"), 5: one("jobTemplate", message({ 2: one("spec", message(JOB_SPEC)) })) },
  {},
);
