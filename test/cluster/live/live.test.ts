import { afterAll, beforeAll, describe, it } from "vitest";
import { type TestCluster, withFakeNodes } from "../cluster.ts";
import { cluster } from "../test-cluster.ts";
import { type DnsReplicas, dnsReplicas } from "./answers.ts";
import { CLIENT_SCENARIOS } from "./client-scenarios.ts";
import { ENDPOINT_SLICE_SCENARIOS } from "./endpoint-slice-scenarios.ts";
import { NAME_SCENARIOS } from "./name-scenarios.ts";
import { FAKE_NODE } from "./objects.ts";
import { POD_SCENARIOS } from "./pod-scenarios.ts";
import { install } from "./program.ts";
import { READINESS_SCENARIOS } from "./readiness-scenarios.ts";
import { play } from "./scenario.ts";
import { SELECTOR_SCENARIOS } from "./selector-scenarios.ts";
import { SERVICE_SCENARIOS } from "./service-scenarios.ts";

/** Slow ones first: they wait for the kubelet's back-off while the others go by. */
const SCENARIOS = [
  ...POD_SCENARIOS,
  ...READINESS_SCENARIOS,
  ...ENDPOINT_SLICE_SCENARIOS,
  ...SELECTOR_SCENARIOS,
  ...SERVICE_SCENARIOS,
  ...NAME_SCENARIOS,
  ...CLIENT_SCENARIOS,
];

describe
  .runIf(cluster !== null)
  .concurrent("what doctor says of a real cluster, and what its remedy makes of it", () => {
    const given = cluster as TestCluster;
    let replicas: DnsReplicas;
    let nodes: Promise<void> = Promise.resolve();
    let removeNodes: () => void = () => {};

    beforeAll(async () => {
      await install();
      replicas = await dnsReplicas(given);
      await new Promise<void>((made, failed) => {
        const untilDone = (): Promise<void> => {
          made();
          return new Promise((done) => {
            removeNodes = done;
          });
        };
        nodes = withFakeNodes(given.api, [FAKE_NODE], untilDone);
        nodes.catch(failed);
      });
    });

    afterAll(async () => {
      replicas?.close();
      removeNodes();
      await nodes;
    });

    for (const scenario of SCENARIOS.filter(({ dualStack }) => !dualStack || given?.how === "one-machine")) {
      it(scenario.title, () => play(given, replicas, scenario));
    }
  });
