// The names are there, and a client does not get to them.
import type { KubeObject } from "../api.ts";
import { deployment, headless, idle, podSpec, statefulSet } from "./objects.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** A Deployment that is told a name of the Service by a variable. */
function client(value: string, pod: Readonly<Record<string, unknown>> = {}): KubeObject {
  const container = idle({ ports: [], env: [{ name: "DB_HOST", value }] });
  return deployment({ name: "client", labels: { app: "client" }, pod: podSpec(container, pod) });
}

/** The Service's one Pod is published, and the client runs. */
async function bothUp(world: World): Promise<void> {
  await world.ready(2);
  await world.published(1);
}

export const CLIENT_SCENARIOS: readonly Scenario[] = [
  {
    title: "a client on the Node's network that asks the Node's resolvers",
    objects: [headless(), statefulSet(), client("db-0.db", { hostNetwork: true })],
    breaks: bothUp,
    finds: {
      rule: "client-bypasses-cluster-dns",
      link: "client",
      severity: "error",
      object: "Deployment/client",
      field: "spec.template.spec.hostNetwork",
      message: ["Deployment client asks for db-0.db", "the Node's resolv.conf"],
      evidence: ["DB_HOST=db-0.db"],
    },
    mend: "remedy",
  },
  {
    title: "a client whose own search list lacks the Service's domain",
    objects: [
      headless(),
      statefulSet(),
      client("db.NAMESPACE.svc", {
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["10.96.0.10"], searches: ["NAMESPACE.svc.cluster.local"] },
      }),
    ],
    breaks: bothUp,
    finds: {
      rule: "client-search-path",
      link: "client",
      severity: "warning",
      object: "Deployment/client",
      field: "spec.template.spec.dnsConfig",
      message: ["never comes to db.NAMESPACE.svc.cluster.local", "without cluster.local"],
    },
    mend: "remedy",
  },
  {
    title: "a client whose egress policies open all but DNS",
    objects: [
      headless(),
      statefulSet(),
      client("db"),
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "client" },
        spec: {
          podSelector: { matchLabels: { app: "client" } },
          policyTypes: ["Egress"],
          egress: [{ to: [{ podSelector: { matchLabels: { app: "db" } } }] }],
        },
      },
    ],
    breaks: bothUp,
    finds: {
      rule: "network-policy-blocks-dns",
      link: "client",
      severity: "error",
      object: "NetworkPolicy/client",
      field: "spec.egress",
      message: ["Deployment client asks for db", "lets no question over UDP 53 out to cluster DNS"],
    },
    mend: "remedy",
  },
];
