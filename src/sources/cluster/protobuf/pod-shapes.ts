// Pods as k8s.io/api/core/v1/generated.proto numbers their fields.
import { ACCOUNT_VOLUME } from "../../../objects/pod.ts";
import { META_SHAPE } from "./meta-shapes.ts";
import {
  embedded,
  flag,
  flagPointer,
  integer,
  integerOrText,
  labels,
  many,
  message,
  one,
  shared,
  text,
  textPointer,
  texts,
  time,
  without,
} from "./shape.ts";

const LOCAL_REFERENCE = message({ 1: text("name") });

const PROBE = message({
  1: embedded(
    message({
      1: one("exec", message({ 1: texts("command") })),
      2: one("httpGet", message({ 1: text("path"), 2: integerOrText("port") })),
      3: one("tcpSocket", message({ 1: integerOrText("port") })),
      4: one("grpc", message({ 1: integer("port") })),
    }),
  ),
  2: integer("initialDelaySeconds"),
  4: integer("periodSeconds"),
  6: integer("failureThreshold"),
});

const ENV_VAR = message({
  1: text("name"),
  2: text("value"),
  3: one(
    "valueFrom",
    message({
      1: one("fieldRef", message({ 2: text("fieldPath") })),
      3: one("configMapKeyRef", message({ 1: embedded(LOCAL_REFERENCE), 2: text("key") })),
    }),
  ),
});

const CONTAINER = message({
  1: text("name"),
  2: text("image"),
  3: texts("command"),
  4: texts("args"),
  6: many("ports", message({ 1: text("name"), 3: integer("containerPort"), 4: text("protocol") })),
  7: many("env", ENV_VAR),
  10: one("livenessProbe", PROBE),
  11: one("readinessProbe", PROBE),
  19: many(
    "envFrom",
    message({ 1: text("prefix"), 2: one("configMapRef", message({ 1: embedded(LOCAL_REFERENCE) })) }),
  ),
  22: one("startupProbe", PROBE),
  24: textPointer("restartPolicy"),
});

/** Of a volume, and of one of the sources that are projected into one. */
const CONFIG_MAP_SOURCE = one("configMap", message({ 1: embedded(LOCAL_REFERENCE) }));

const VOLUME = message({
  1: text("name"),
  2: embedded(
    message({
      19: CONFIG_MAP_SOURCE,
      26: one("projected", message({ 1: many("sources", message({ 3: CONFIG_MAP_SOURCE })) })),
    }),
  ),
});

const DNS_CONFIG = message({
  1: texts("nameservers"),
  2: texts("searches"),
  3: many("options", message({ 1: text("name"), 2: textPointer("value") })),
});

const POD_SPEC = message({
  1: without(ACCOUNT_VOLUME, shared(many("volumes", VOLUME))),
  2: shared(many("containers", CONTAINER)),
  3: text("restartPolicy"),
  6: text("dnsPolicy"),
  8: text("serviceAccountName"),
  9: text("serviceAccount"),
  10: text("nodeName"),
  11: flag("hostNetwork"),
  16: text("hostname"),
  17: text("subdomain"),
  20: shared(many("initContainers", CONTAINER)),
  23: many("hostAliases", message({ 1: text("ip"), 2: texts("hostnames") })),
  26: one("dnsConfig", DNS_CONFIG),
  28: many("readinessGates", message({ 1: text("conditionType") })),
  35: flagPointer("setHostnameAsFQDN"),
});

/** A Pod's and a Node's differ by a time that is not read; the rest has the same numbers. */
export const CONDITION = message({
  1: text("type"),
  2: text("status"),
  4: time("lastTransitionTime"),
  5: text("reason"),
  6: text("message"),
});

const CONTAINER_STATE = message({
  1: one("waiting", message({ 1: text("reason"), 2: text("message") })),
  2: one("running", message({ 1: time("startedAt") })),
  3: one(
    "terminated",
    message({ 1: integer("exitCode"), 3: text("reason"), 4: text("message"), 6: time("finishedAt") }),
  ),
});

const CONTAINER_STATUS = message({
  1: text("name"),
  2: shared(one("state", CONTAINER_STATE)),
  3: shared(one("lastState", CONTAINER_STATE)),
  4: flag("ready"),
  5: integer("restartCount"),
  6: text("image"),
  9: flagPointer("started"),
});

const ADDRESS = message({ 1: text("ip") });

export const POD = message({
  1: META_SHAPE,
  2: one("spec", POD_SPEC),
  3: one(
    "status",
    message({
      1: text("phase"),
      2: many("conditions", CONDITION),
      3: text("message"),
      4: text("reason"),
      5: text("hostIP"),
      6: text("podIP"),
      7: time("startTime"),
      8: many("containerStatuses", CONTAINER_STATUS),
      10: many("initContainerStatuses", CONTAINER_STATUS),
      12: many("podIPs", ADDRESS),
      16: shared(many("hostIPs", ADDRESS)),
    }),
  ),
});

export const POD_TEMPLATE = message({
  1: one("metadata", message({ 11: labels("labels"), 12: labels("annotations") })),
  2: one("spec", POD_SPEC),
});
