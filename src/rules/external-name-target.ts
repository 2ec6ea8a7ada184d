import { parseIp } from "../kubernetes/ip.ts";
import type { Collected } from "../objects/collected.ts";
import { nearNames } from "../objects/near-names.ts";
import type { Service } from "../objects/service.ts";
import { count } from "../trace/words.ts";
import { manualEndpoints } from "./evidence/external-name.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";

/** More aliases than CoreDNS follows (plugin/backend_lookup.go A, AAAA: 7 CNAMEs). */
const MOST_ALIASES = 8;

/**
 * An alias is only as good as its target. The target is taken as an absolute name: no search list is applied to it
 * (plugin/backend_lookup.go hands it to the upstream look-up as it is).
 */
export const externalNameTarget = defineRule({
  id: "external-name-target",
  link: "service",
  severity: "warning",
  summary:
    "an ExternalName target that is an address, leads back to itself, or is an in-cluster name that does not exist",
  needs: { services: "optional" },
  applies: ({ service }) => service?.spec.type === "ExternalName",
  check({ service, services, clusterDomain, live }): readonly RuleFinding[] | CannotTell {
    if (service === null) return [];
    const target = (service.spec.externalName ?? "").replace(/\.$/, "").toLowerCase();
    if (target === "") return [without(service)];
    if (parseIp(target) !== null) return [addressOf(service, target)];
    const listOf = (namespace: string): Collected<Service> =>
      services.status === "unavailable" ? services : services.value.of(namespace);
    return walk(service, target, { listOf, clusterDomain, live });
  },
});

interface Surroundings {
  readonly listOf: (namespace: string) => Collected<Service>;
  readonly clusterDomain: string;
  readonly live: boolean;
}

/** Follows the aliases from Service to Service, for as long as they stay in the cluster. */
function walk(start: Service, first: string, around: Surroundings): readonly RuleFinding[] | CannotTell {
  const passed = [keyOf(start.metadata.namespace, start.metadata.name)];
  let at = start;
  let target = first;
  for (;;) {
    const place = placeOf(target, around.clusterDomain);
    if (place === null) return at === start ? relative(start, target, around) : [];
    const { namespace, name } = place;
    const list = around.listOf(namespace);
    if (list.status === "unavailable") return { cannotTell: list.because, byNature: list.byNature };
    const next = list.items.find((one) => one.metadata.name === name);
    if (next === undefined) {
      if (list.status === "partial") return { cannotTell: list.because, byNature: false };
      if (!around.live && list.items.length === 0) {
        return { cannotTell: `the input holds no Services of namespace ${namespace}`, byNature: true };
      }
      // An alias further on has this finding as its own.
      return at === start ? [missing(start, target, place, list.items)] : [];
    }
    const key = keyOf(namespace, name);
    if (passed.includes(key) || passed.length >= MOST_ALIASES) return [loop(start, [...passed, key])];
    if (next.spec.type !== "ExternalName" || place.below) return [];
    passed.push(key);
    at = next;
    target = (next.spec.externalName ?? "").replace(/\.$/, "").toLowerCase();
  }
}

/** The Service that an absolute in-cluster name speaks of; null for any other name. `below`: a name below the Service's own. */
function placeOf(
  target: string,
  domain: string,
): { readonly namespace: string; readonly name: string; readonly below: boolean } | null {
  const suffix = `.svc.${domain}`;
  if (!target.endsWith(suffix)) return null;
  const labels = target.slice(0, -suffix.length).split(".");
  const namespace = labels.at(-1);
  const name = labels.at(-2);
  return namespace === undefined || name === undefined ? null : { namespace, name, below: labels.length > 2 };
}

function keyOf(namespace: string, name: string): string {
  return `${name}.${namespace}`;
}

function without(service: Service): RuleFinding {
  return {
    object: service,
    field: ["spec", "externalName"],
    severity: "error",
    message: `Service ${service.metadata.name} is of type ExternalName and has no externalName, which the API server rejects: it is never made, so its name does not exist.`,
    evidence: ["type: ExternalName", "no externalName"],
    remedy: note("write spec.externalName: the full name that this one shall stand for"),
  };
}

/** In a cluster the name certainly fails; beside manifests there may be more than the input holds. */
function failing({ live }: Service): Pick<RuleFinding, "severity"> {
  return live ? { severity: "error" } : {};
}

function addressOf(service: Service, target: string): RuleFinding {
  return {
    object: service,
    field: ["spec", "externalName"],
    ...failing(service),
    message: `Service ${service.metadata.name} gives the address ${target} as externalName, which holds a name: the CNAME to it leads to a name that does not exist, so clients get NXDOMAIN.`,
    evidence: [`externalName: ${target}`],
    remedy: manualEndpoints(service, target),
  };
}

function loop(service: Service, passed: readonly string[]): RuleFinding {
  return {
    object: service,
    field: ["spec", "externalName"],
    ...failing(service),
    message: `Service ${service.metadata.name} is an alias that leads back to where it came from and never to an address.`,
    evidence: [passed.join(" -> ")],
    remedy: note("point one of these Services at the name that has the addresses"),
  };
}

function missing(
  service: Service,
  target: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  there: readonly Service[],
): RuleFinding {
  const near = nearNames(
    name,
    there.map((one) => one.metadata.name),
  );
  const meant = near[0];
  return {
    object: service,
    field: ["spec", "externalName"],
    ...failing(service),
    message: `Service ${service.metadata.name} is an alias of ${target}, and there is no Service ${name} in namespace ${namespace}: the alias leads to no address.`,
    evidence: [
      `externalName: ${target}`,
      there.length === 0
        ? `namespace ${namespace} has no Services`
        : `${count(there.length, "Service")} in ${namespace}, none named ${name}`,
      ...(meant === undefined ? [] : [`near names there: ${near.join(", ")}`]),
    ],
    remedy:
      meant !== undefined
        ? retarget(service, target.replace(`${name}.${namespace}.svc.`, `${meant}.${namespace}.svc.`))
        : service.live
          ? kubectl(namespace, "get", "services")
          : note(`apply Service ${name} to namespace ${namespace}, or name the Service that has the addresses`),
  };
}

/** A name that a Pod's search list would complete, but an alias is not searched for. */
function relative(service: Service, target: string, { listOf, clusterDomain }: Surroundings): readonly RuleFinding[] {
  const labels = target.split(".");
  const [name = "", namespace = service.metadata.namespace, ...rest] = labels;
  const inCluster = labels.length === 3 && rest[0] === "svc";
  if (!inCluster && labels.length > 2) return [];
  const list = listOf(namespace);
  const exists = list.status !== "unavailable" && list.items.some((one) => one.metadata.name === name);
  // `svc` is no top-level domain; one or two labels may be anybody's name unless a Service is called so.
  if (!inCluster && !exists) return [];
  const full = `${name}.${namespace}.svc.${clusterDomain}`;
  return [
    {
      object: service,
      field: ["spec", "externalName"],
      ...(inCluster ? failing(service) : {}),
      message: `Service ${service.metadata.name} is an alias of ${target}, which is taken as a full name: search lists do not complete the target of an alias, so it leads out of the cluster's domain and to no address.`,
      evidence: [
        `externalName: ${target}`,
        ...(exists ? [`Service ${name} exists in ${namespace}: its full name is ${full}`] : []),
      ],
      remedy: retarget(service, full),
    },
  ];
}

function retarget({ live, metadata }: Service, externalName: string): string {
  const spec = { externalName };
  return live ? kubectlPatch(metadata.namespace, "service", metadata.name, { spec }) : yamlLines({ spec });
}
