import { mirrorEndpoints } from "../../kubernetes/endpoint-slice-mirroring.ts";
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
  SERVICE_NAME_LABEL,
} from "../../objects/endpoint-slice.ts";
import type { Service } from "../../objects/service.ts";
import type { YamlValue } from "./yaml-lines.ts";

/** The slice as it can be applied to another namespace, as far as it was read. */
export function sliceIn(namespace: string, { metadata, addressType, ports, endpoints }: EndpointSlice): YamlValue {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: metadata.name, namespace, labels: metadata.labels },
    addressType,
    ports: ports.map(portObject),
    endpoints: endpoints.map(endpointObject),
  };
}

/** The slices that say what an Endpoints object says, each under the Service's label. */
export function slicesFor(service: Service, written: Endpoints): readonly YamlValue[] {
  const plain = { ...written, metadata: { ...written.metadata, labels: {}, annotations: {} } };
  const mirroring = mirrorEndpoints(plain, { ...service, spec: { ...service.spec, selector: null } });
  if (!mirroring.mirrored) return [];
  const { name, namespace } = service.metadata;
  return mirroring.slices.map(({ addressType, ports, endpoints }, index) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-endpoints-${index + 1}`, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
    addressType,
    ports: ports.map(portObject),
    endpoints: endpoints.map(({ address, ready, ...rest }) =>
      endpointObject({ ...rest, addresses: [address], conditions: { ready, serving: null, terminating: null } }),
    ),
  }));
}

function portObject({ name, protocol, port }: EndpointPort): YamlValue {
  return { ...(name === "" ? {} : { name }), protocol, ...(port === null ? {} : { port }) };
}

function endpointObject({ addresses, conditions, hostname, targetRef, nodeName }: Endpoint): YamlValue {
  const { ready } = conditions;
  return {
    addresses,
    ...(ready === null ? {} : { conditions: { ready } }),
    ...(hostname === null ? {} : { hostname }),
    ...(nodeName === null ? {} : { nodeName }),
    ...(targetRef === null ? {} : { targetRef: { ...targetRef } }),
  };
}
