// The kinds that are read from an API server, and the rest of their shapes: generated.proto of k8s.io/api core/v1 and networking/v1.
import { LABEL_SELECTOR, META_SHAPE } from "./meta-shapes.ts";
import { CONDITION, POD } from "./pod-shapes.ts";
import { ENDPOINT_SLICE, ENDPOINTS, REFERENCE, SERVICE } from "./service-shapes.ts";
import {
  integer,
  integerOrText,
  integerPointer,
  labels,
  type MessageShape,
  many,
  message,
  microTime,
  one,
  text,
  textPointer,
  texts,
  time,
} from "./shape.ts";
import {
  CRON_JOB,
  DAEMON_SET,
  DEPLOYMENT,
  JOB,
  REPLICA_SET,
  REPLICATION_CONTROLLER,
  STATEFUL_SET,
} from "./workload-shapes.ts";

const NAMESPACE = message({ 1: META_SHAPE, 3: one("status", message({ 1: text("phase") })) });

const NODE = message({
  1: META_SHAPE,
  3: one(
    "status",
    message({
      4: many("conditions", CONDITION),
      5: many("addresses", message({ 1: text("type"), 2: text("address") })),
    }),
  ),
});

const CONFIG_MAP = message({ 1: META_SHAPE, 2: labels("data") });

const EVENT = message({
  1: META_SHAPE,
  2: one("involvedObject", REFERENCE),
  3: text("reason"),
  4: text("message"),
  7: time("lastTimestamp"),
  8: integer("count"),
  9: text("type"),
  10: microTime("eventTime"),
  11: one("series", message({ 1: integer("count"), 2: microTime("lastObservedTime") })),
});

const PEER = message({
  1: one("podSelector", LABEL_SELECTOR),
  2: one("namespaceSelector", LABEL_SELECTOR),
  3: one("ipBlock", message({ 1: text("cidr"), 2: texts("except") })),
});

const POLICY_PORT = message({ 1: textPointer("protocol"), 2: integerOrText("port"), 3: integerPointer("endPort") });

const NETWORK_POLICY = message({
  1: META_SHAPE,
  2: one(
    "spec",
    message({
      1: one("podSelector", LABEL_SELECTOR),
      2: many("ingress", message({ 1: many("ports", POLICY_PORT), 2: many("from", PEER) })),
      3: many("egress", message({ 1: many("ports", POLICY_PORT), 2: many("to", PEER) })),
      4: texts("policyTypes"),
    }),
  ),
});

/** Kinds whose lists can be read as protobuf. What `objects/read` reads of them must stand here: a test holds both together. */
export const KIND_SHAPES: Readonly<Record<string, MessageShape>> = {
  Service: SERVICE,
  EndpointSlice: ENDPOINT_SLICE,
  Endpoints: ENDPOINTS,
  Pod: POD,
  StatefulSet: STATEFUL_SET,
  Deployment: DEPLOYMENT,
  ReplicaSet: REPLICA_SET,
  DaemonSet: DAEMON_SET,
  Job: JOB,
  CronJob: CRON_JOB,
  ReplicationController: REPLICATION_CONTROLLER,
  Event: EVENT,
  Namespace: NAMESPACE,
  Node: NODE,
  ConfigMap: CONFIG_MAP,
  NetworkPolicy: NETWORK_POLICY,
};
