// The bound: the lists that scan reads, as protobuf, four at a time, their bytes thrown away.
import { Agent, get } from "node:https";
import { argv } from "node:process";
import { readAccess } from "../../cluster/api.ts";

const LISTS = [
  "/api/v1/pods",
  "/apis/discovery.k8s.io/v1/endpointslices",
  "/api/v1/endpoints",
  "/api/v1/services",
  "/apis/apps/v1/statefulsets",
  "/apis/apps/v1/deployments",
  "/apis/apps/v1/replicasets",
  "/apis/apps/v1/daemonsets",
  "/apis/batch/v1/jobs",
  "/apis/batch/v1/cronjobs",
  "/api/v1/replicationcontrollers",
  "/api/v1/events?fieldSelector=type!%3DNormal",
  "/api/v1/namespaces",
  "/apis/networking.k8s.io/v1/networkpolicies",
];

const { server, options } = await readAccess(argv[2] ?? "");
const { ca, cert, key } = options;
const agent = new Agent({ keepAlive: true, maxSockets: 4, ca, cert, key });
await Promise.all(
  LISTS.map((path) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const headers = { accept: "application/vnd.kubernetes.protobuf" };
    get(new URL(path, server), { ...options, agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
      response.resume().on("end", resolve).on("error", reject);
    }).on("error", reject);
    return promise;
  }),
);
agent.destroy();
