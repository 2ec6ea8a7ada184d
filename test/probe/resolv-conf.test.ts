import { expect, it } from "vitest";
import { seenResolvConf } from "../../src/kubernetes/kubelet-resolv-conf.ts";
import { parseResolvConf } from "../../src/probe/resolv-conf.ts";

it("reads what resolvers read, and passes over the rest", () => {
  const text = `# by hand
domain corp.example
nameserver 10.96.0.10
search  a.svc.cluster.local\tsvc.cluster.local
nameserver fd00::10
nameserver
sortlist 130.155.160.0
options ndots:5 timeout:1
options rotate
`;
  expect(parseResolvConf(text.split("\n"))).toEqual({
    nameservers: ["10.96.0.10", "fd00::10"],
    search: ["a.svc.cluster.local", "svc.cluster.local"],
    options: ["ndots:5", "timeout:1", "rotate"],
  });
  expect(parseResolvConf([])).toEqual({ nameservers: [], search: [], options: [] });
});

it.each([
  [["ndots:2"], 2],
  [["ndots:2", "ndots:3"], 3],
  [["ndots:99"], 15],
  [["ndots:many"], 0],
  [[], 1],
])("takes ndots of %j for %i", (options, ndots) => {
  const seen = { nameservers: ["1", "2", "3", "4"], search: ["x"], options };
  expect(seenResolvConf({ asks: "cluster" }, seen)).toEqual({
    asks: "cluster",
    nameservers: ["1", "2", "3"],
    search: [{ domain: "x", from: "seen" }],
    ndots,
    dropped: [],
  });
});
