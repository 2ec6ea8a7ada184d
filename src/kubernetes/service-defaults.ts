import { perObject } from "../objects/kept.ts";
import type { FieldPath } from "../objects/origin.ts";
import { hasSelector, type IPFamily, type Service, type ServicePort } from "../objects/service.ts";
import { type AdmissionNote, note } from "./admission-note.ts";
import { isIrregularIp, isIrregularRange, legacyIpFamily } from "./legacy-ip.ts";
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPortName,
  isQualifiedName,
} from "./names.ts";
import { serviceOptionNotes } from "./service-options.ts";

/** What the API server makes of a Service that is created. */
export interface AdmittedService {
  /** Any of these, and the Service is not stored. */
  readonly rejected: readonly AdmissionNote[];
  /** Shown by kubectl; the Service is stored. */
  readonly warnings: readonly AdmissionNote[];
  /** Stored as headless: only `clusterIP: None`, written so, does that. */
  readonly headless: boolean;
  /** A cluster IP is given out, because none is asked for. */
  readonly allocatesClusterIp: boolean;
  readonly ipFamilyPolicy: NonNullable<Service["spec"]["ipFamilyPolicy"]> | null;
  /** null where they depend on the cluster, whose families are not known; empty for an ExternalName. */
  readonly ipFamilies: readonly IPFamily[] | null;
}

/**
 * What the API server (1.34) does with a Service manifest. `clusterFamilies` are the families that the cluster gives
 * Services, the primary one first; null where they are not known: then nothing is rejected on their account.
 *
 * Mirrors pkg/apis/core/validation validateService and ValidateServiceClusterIPsRelatedFields, pkg/api/service
 * GetWarningsForService, pkg/apis/core/v1 SetDefaults_Service, and registry/core/service/storage initIPFamilyFields.
 */
export function admitService(service: Service, clusterFamilies: readonly IPFamily[] | null): AdmittedService {
  return clusterFamilies === null ? admitAnywhere(service) : admit(service, clusterFamilies);
}

/** On a cluster of unknown families: the zone and several rules ask it of every Service. */
const admitAnywhere = perObject((service: Service) => admit(service, null));

function admit(service: Service, clusterFamilies: readonly IPFamily[] | null): AdmittedService {
  const { spec } = service;
  const external = spec.type === "ExternalName";
  const clusterIp = spec.clusterIP ?? "";
  const clusterIps = normalizedClusterIps(service);
  const headless = !external && clusterIp === "None";
  const families = familyFields(service, clusterFamilies);
  const related = external
    ? []
    : [...clusterIpNotes(clusterIp, clusterIps, spec.ipFamilies), ...repeatedFamilies(spec.ipFamilies)];
  const rejected = [
    ...nameNotes(service),
    ...typeNotes(service, clusterIps),
    ...portNotes(service, headless),
    ...selectorNotes(service),
    // The families are only looked at where these fields by themselves are in order (storage/alloc.go).
    ...(related.length > 0 ? related : families.rejected),
    ...serviceOptionNotes(service),
  ];
  return {
    rejected,
    warnings: warningNotes(service, headless),
    headless,
    allocatesClusterIp: !external && clusterIps.length === 0,
    ipFamilyPolicy: families.policy,
    ipFamilies: families.families,
  };
}

function nameNotes({ metadata }: Service): readonly AdmissionNote[] {
  return isDns1035Label(metadata.name)
    ? []
    : [
        note(
          ["metadata", "name"],
          "must be lower case letters, digits and hyphens, begin with a letter and hold at most 63",
        ),
      ];
}

function typeNotes({ spec }: Service, clusterIps: readonly string[]): readonly AdmissionNote[] {
  const notes: AdmissionNote[] = [];
  const none = clusterIps.length === 1 && clusterIps[0] === "None";
  if ((spec.type === "NodePort" || spec.type === "LoadBalancer") && none) {
    notes.push(note(["spec", "clusterIP"], `cannot be None on a Service of type ${spec.type}`));
  }
  if (spec.type !== "ExternalName") return notes;
  if (clusterIps.length > 0) notes.push(note(["spec", "clusterIP"], "cannot be set on an ExternalName"));
  if (spec.ipFamilies.length > 0) notes.push(note(["spec", "ipFamilies"], "cannot be set on an ExternalName"));
  if (spec.ipFamilyPolicy !== null) notes.push(note(["spec", "ipFamilyPolicy"], "cannot be set on an ExternalName"));
  const target = (spec.externalName ?? "").replace(/\.$/, "");
  if (target === "") notes.push(note(["spec", "externalName"], "must be set on an ExternalName"));
  else if (!isDns1123Subdomain(target))
    notes.push(note(["spec", "externalName"], "must be a domain name in lower case"));
  return notes;
}

function portNotes({ spec }: Service, headless: boolean): readonly AdmissionNote[] {
  const notes: AdmissionNote[] = [];
  if (spec.ports.length === 0 && !headless && spec.type !== "ExternalName") {
    notes.push(note(["spec", "ports"], "must hold a port, except on headless Services and ExternalNames"));
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, port] of spec.ports.entries()) {
    const at = (field: keyof ServicePort): FieldPath => ["spec", "ports", index, field];
    if (port.name === "") {
      if (spec.ports.length > 1) notes.push(note(at("name"), "must be set where there is more than one port"));
    } else {
      if (!isDns1123Label(port.name))
        notes.push(note(at("name"), "must be lower case letters, digits and hyphens, at most 63"));
      if (names.has(port.name)) notes.push(note(at("name"), "is used by two ports"));
      names.add(port.name);
    }
    if (!isPortNumber(port.port)) notes.push(note(at("port"), "must be from 1 to 65535"));
    const { targetPort } = port;
    if (typeof targetPort === "number" ? !isPortNumber(targetPort) : !isPortName(targetPort)) {
      const name = "at most 15 lower case letters, digits and single hyphens, a letter among them";
      notes.push(note(at("targetPort"), `must be from 1 to 65535, or a name of ${name}`));
    }
    const number = `${port.protocol} ${port.port}`;
    if (numbers.has(number)) notes.push(note(["spec", "ports", index], "repeats protocol and port of another"));
    numbers.add(number);
    if (port.appProtocol !== null && !isQualifiedName(port.appProtocol))
      notes.push(note(at("appProtocol"), "must be a name as labels have"));
    if (port.nodePort === null || port.nodePort === 0) continue;
    if (spec.type === "ClusterIP") notes.push(note(at("nodePort"), "cannot be set on a Service of type ClusterIP"));
    const nodePort = `${port.protocol} ${port.nodePort}`;
    if (nodePorts.has(nodePort)) notes.push(note(at("nodePort"), "is used by two ports"));
    nodePorts.add(nodePort);
  }
  return notes;
}

function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function selectorNotes({ spec }: Service): readonly AdmissionNote[] {
  return Object.entries(spec.selector ?? {}).flatMap(([key, value]) =>
    isQualifiedName(key) && isLabelValue(value)
      ? []
      : [note(["spec", "selector", key], "is no label that an object can have")],
  );
}

function clusterIpNotes(
  clusterIp: string,
  clusterIps: readonly string[],
  families: readonly IPFamily[],
): readonly AdmissionNote[] {
  const field = ["spec", "clusterIPs"];
  const notes: AdmissionNote[] = [];
  if (clusterIp === "" && clusterIps.length > 0) notes.push(note(field, "must be empty where clusterIP is not set"));
  if (clusterIp !== "" && clusterIps[0] !== clusterIp)
    notes.push(note(field, "must begin with the value of clusterIP"));
  if (clusterIps.length > 2) notes.push(note(field, "must hold at most two addresses"));
  const parsed: (IPFamily | null)[] = [];
  for (const [index, text] of clusterIps.entries()) {
    if (text === "None" && index === 0) {
      if (clusterIps.length > 1) notes.push(note(field, "cannot hold None besides other values"));
      continue;
    }
    const family = legacyIpFamily(text);
    parsed.push(family);
    const single = clusterIps.length === 1;
    if (family === null) {
      notes.push(
        note(
          single ? ["spec", "clusterIP"] : [...field, index],
          `must be None or an IP address, not ${JSON.stringify(text)}`,
        ),
      );
    } else if (families[index] !== undefined && families[index] !== family) {
      notes.push(
        note(
          single ? ["spec", "clusterIP"] : [...field, index],
          `must be an ${families[index]} address, as ipFamilies say`,
        ),
      );
    }
  }
  if (parsed.length > 1 && !parsed.includes(null) && new Set(parsed).size < parsed.length) {
    notes.push(note(field, "must hold one address of each family"));
  }
  return notes;
}

function repeatedFamilies(families: readonly IPFamily[]): readonly AdmissionNote[] {
  return families.flatMap((family, index) =>
    families.indexOf(family) < index ? [note(["spec", "ipFamilies", index], "repeats a family")] : [],
  );
}

interface FamilyFields {
  readonly rejected: readonly AdmissionNote[];
  readonly policy: AdmittedService["ipFamilyPolicy"];
  readonly families: readonly IPFamily[] | null;
}

/** The list is filled from the single field, never the other way round (storage.go normalizeClusterIPs). */
function normalizedClusterIps({ spec }: Service): readonly string[] {
  const { clusterIP, clusterIPs } = spec;
  return clusterIPs.length === 0 && clusterIP !== null && clusterIP !== "" ? [clusterIP] : clusterIPs;
}

/** The families that the API server gives to a Service that is created; as AdmittedService has them. */
export function familiesGiven(service: Service, cluster: readonly IPFamily[] | null): readonly IPFamily[] | null {
  return familyFields(service, cluster).families;
}

/** Mirrors initIPFamilyFields for a Service that is created. */
function familyFields(service: Service, cluster: readonly IPFamily[] | null): FamilyFields {
  const { spec } = service;
  if (spec.type === "ExternalName") return { rejected: [], policy: null, families: [] };
  const clusterIps = normalizedClusterIps(service);
  const headless = spec.clusterIP === "None";
  const rejected: AdmissionNote[] = [];
  const selectorless = headless && !hasSelector(service);
  const policy = spec.ipFamilyPolicy ?? (selectorless ? "RequireDualStack" : "SingleStack");
  const field: FieldPath = ["spec", "ipFamilyPolicy"];
  if (policy === "SingleStack" && (clusterIps.length === 2 || spec.ipFamilies.length === 2)) {
    rejected.push(
      note(field, "must be PreferDualStack or RequireDualStack where two families or addresses are asked for"),
    );
  }
  const asked = [...spec.ipFamilies];
  for (const text of clusterIps.slice(asked.length)) {
    const family = legacyIpFamily(text);
    if (family === null) continue;
    asked.push(family);
    if (cluster?.includes(family) === false) {
      rejected.push(note(["spec", "clusterIP"], `is an ${family} address on a cluster without ${family}`));
    }
  }
  const primary = asked[0] ?? cluster?.[0] ?? null;
  const both = (first: IPFamily): readonly IPFamily[] => (first === "IPv4" ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"]);
  if (selectorless) {
    const single = policy === "SingleStack" || asked.length > 1;
    const families = primary === null ? null : single ? [...(asked.length > 0 ? asked : [primary])] : both(primary);
    return { rejected, policy, families };
  }
  if (cluster !== null) {
    if (policy === "RequireDualStack" && cluster.length < 2) {
      rejected.push(note(field, "asks for two families on a cluster that has one"));
    }
    for (const [index, family] of spec.ipFamilies.entries()) {
      if (!cluster.includes(family)) rejected.push(note(["spec", "ipFamilies", index], "is no family of this cluster"));
    }
  }
  if (asked.length > 1) return { rejected, policy, families: asked };
  if (policy === "SingleStack") return { rejected, policy, families: primary === null ? null : [primary] };
  if (policy === "RequireDualStack" && primary !== null) return { rejected, policy, families: both(primary) };
  if (primary === null || cluster === null) return { rejected, policy, families: null };
  return { rejected, policy, families: cluster.length > 1 ? both(primary) : [primary] };
}

function warningNotes({ spec }: Service, headless: boolean): readonly AdmissionNote[] {
  const notes: AdmissionNote[] = [];
  const ignored = (field: string, where: string): void => void notes.push(note(["spec", field], `is ignored ${where}`));
  if (headless && spec.type === "ClusterIP") {
    if ((spec.loadBalancerIP ?? "") !== "") ignored("loadBalancerIP", "on headless Services");
    if (spec.externalIPs.length > 0) ignored("externalIPs", "on headless Services");
    const affinity = spec.sessionAffinity ?? "";
    if (affinity !== "" && affinity !== "None") ignored("sessionAffinity", "on headless Services");
  }
  if (spec.type === "ExternalName" && spec.externalIPs.length > 0) ignored("externalIPs", "on ExternalNames");
  if (spec.type !== "ExternalName" && (spec.externalName ?? "") !== "") {
    ignored("externalName", "on a Service that is not of type ExternalName");
  }
  const addresses: readonly (readonly [FieldPath, string])[] = [
    [["spec", "clusterIP"], spec.clusterIP ?? ""],
    ...spec.externalIPs.map((text, index) => [["spec", "externalIPs", index], text] as const),
    [["spec", "loadBalancerIP"], spec.loadBalancerIP ?? ""],
  ];
  for (const [field, text] of addresses) {
    if (isIrregularIp(text))
      notes.push(note(field, "is not written as IP addresses are; later versions will reject it"));
  }
  for (const [index, text] of spec.loadBalancerSourceRanges.entries()) {
    if (isIrregularRange(text))
      notes.push(
        note(
          ["spec", "loadBalancerSourceRanges", index],
          "is not written as ranges of addresses are; later versions will reject it",
        ),
      );
  }
  return notes;
}

/** What becomes of the first cluster IP when a manifest is applied over a Service that exists. */
export interface ClusterIpUpdate {
  /** "None", an address, or "" where one will be given out. */
  readonly clusterIp: string;
  /** "may not change once set", or None is kept on another type: the Service must be deleted and made anew. */
  readonly rejected: AdmissionNote | null;
}

/**
 * Mirrors storage.go patchAllocatedValues and validateUpgradeDowngradeClusterIPs: a manifest that leaves clusterIP out
 * keeps what is there, also None, and is rejected where its type has no use for that; another value is rejected, unless the
 * Service comes from or goes to ExternalName.
 */
export function updateClusterIp(before: Service, after: Service): ClusterIpUpdate {
  const old = before.spec.clusterIPs[0] ?? before.spec.clusterIP ?? "";
  const wanted = after.spec.clusterIP ?? after.spec.clusterIPs[0] ?? "";
  if (after.spec.type === "ExternalName" || before.spec.type === "ExternalName") {
    return { clusterIp: after.spec.type === "ExternalName" ? "" : wanted, rejected: null };
  }
  if (wanted === "" || wanted === old) {
    const headless = old === "None" && (after.spec.type === "NodePort" || after.spec.type === "LoadBalancer");
    const kept = `stays None, which a Service of type ${after.spec.type} cannot have`;
    return { clusterIp: old, rejected: headless ? note(["spec", "clusterIP"], kept) : null };
  }
  const message = `cannot change from ${JSON.stringify(old)} to ${JSON.stringify(wanted)} once it is set`;
  return { clusterIp: old, rejected: note(["spec", "clusterIP"], message) };
}
