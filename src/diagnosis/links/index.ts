import type { Link } from "../../rules/rule.ts";
import { answerLine } from "./answer.ts";
import { clientLine } from "./client.ts";
import { clusterDnsLine } from "./cluster-dns.ts";
import { connectLine } from "./connect.ts";
import { endpointSlicesLine } from "./endpoint-slices.ts";
import { podsLine } from "./pods.ts";
import { readinessLine } from "./readiness.ts";
import { selectorLine } from "./selector.ts";
import { serviceLine } from "./service.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** Each link's line, in one place, so that a new link cannot be forgotten. */
export const LINK_LINES: { readonly [L in Link]: (view: LinkView) => LinkLine } = {
  service: serviceLine,
  selector: selectorLine,
  pods: podsLine,
  readiness: readinessLine,
  endpointslices: endpointSlicesLine,
  "cluster-dns": clusterDnsLine,
  answer: answerLine,
  client: clientLine,
  connect: connectLine,
};
