// Services and what is made of them, as generated.proto of k8s.io/api/core/v1 and discovery/v1 numbers their fields;
// discovery/v1beta1 has the same numbers.
import { META_SHAPE, META_SHAPE_WITH_WRITERS } from "./meta-shapes.ts";
import {
  flag,
  flagPointer,
  integer,
  integerOrText,
  integerPointer,
  labels,
  many,
  message,
  one,
  shared,
  text,
  textPointer,
  texts,
} from "./shape.ts";

export const SERVICE = message({
  1: META_SHAPE,
  2: one(
    "spec",
    message({
      1: many(
        "ports",
        message({
          1: text("name"),
          2: text("protocol"),
          3: integer("port"),
          4: integerOrText("targetPort"),
          5: integer("nodePort"),
          6: textPointer("appProtocol"),
        }),
      ),
      2: labels("selector"),
      3: text("clusterIP"),
      4: text("type"),
      5: texts("externalIPs"),
      7: text("sessionAffinity"),
      8: text("loadBalancerIP"),
      9: texts("loadBalancerSourceRanges"),
      10: text("externalName"),
      11: text("externalTrafficPolicy"),
      13: flag("publishNotReadyAddresses"),
      17: textPointer("ipFamilyPolicy"),
      18: texts("clusterIPs"),
      19: texts("ipFamilies"),
      21: textPointer("loadBalancerClass"),
      22: textPointer("internalTrafficPolicy"),
      23: textPointer("trafficDistribution"),
    }),
  ),
});

/** core/v1 ObjectReference. */
export const REFERENCE = message({ 1: text("kind"), 2: text("namespace"), 3: text("name"), 5: text("apiVersion") });

const POD_REFERENCE = message({
  1: text("kind"),
  2: text("namespace"),
  3: text("name"),
  4: text("uid"),
  5: text("apiVersion"),
});

export const ENDPOINT_SLICE = message({
  1: META_SHAPE_WITH_WRITERS,
  2: many(
    "endpoints",
    message({
      1: texts("addresses"),
      2: shared(
        one(
          "conditions",
          message({ 1: flagPointer("ready"), 2: flagPointer("serving"), 3: flagPointer("terminating") }),
        ),
      ),
      3: textPointer("hostname"),
      4: one("targetRef", POD_REFERENCE),
      6: textPointer("nodeName"),
    }),
  ),
  3: many("ports", message({ 1: textPointer("name"), 2: textPointer("protocol"), 3: integerPointer("port") })),
  4: text("addressType"),
});

const ENDPOINTS_ADDRESS = message({
  1: text("ip"),
  2: one("targetRef", REFERENCE),
  3: text("hostname"),
  4: textPointer("nodeName"),
});

export const ENDPOINTS = message({
  1: META_SHAPE,
  2: many(
    "subsets",
    message({
      1: many("addresses", ENDPOINTS_ADDRESS),
      2: many("notReadyAddresses", ENDPOINTS_ADDRESS),
      3: many("ports", message({ 1: text("name"), 2: integer("port"), 3: text("protocol") })),
    }),
  ),
});
