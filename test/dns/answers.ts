import type { Client } from "../../src/dns/outcome.ts";
import type { Prediction, RecordType, ResourceRecord } from "../../src/dns/records.ts";
import { buildZone, predict, type Zone } from "../../src/dns/zone.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { live } from "../trace/world.ts";

/** The zone of what a cluster returns, under a Corefile (kubeadm's where none is given). */
export function zoneFrom(yaml: string, corefile?: string, changes: Partial<Zone["input"]> = {}): Zone {
  const { zone } = zoneOf(live(yaml), { corefile });
  return Object.keys(changes).length === 0 ? zone : buildZone({ ...zone.input, ...changes });
}

/** A prediction in one line per fact, sorted: `NOERROR`, then records, then `+` additional ones, then the SOA's TTL. */
export function told(prediction: Prediction): readonly string[] {
  if (!prediction.known) return [`unknown: ${prediction.cause}`];
  const { rcode, answers, additional, negativeTtl } = prediction;
  return [
    rcode,
    ...answers.map(line).sort(),
    ...additional.map((record) => `+ ${line(record)}`).sort(),
    ...(negativeTtl === null ? [] : [`soa ${negativeTtl}`]),
  ];
}

/** `10.0.0.1` below the name that was asked is said by type and data alone. */
function line({ name, type, ttl, data, pod }: ResourceRecord): string {
  const value =
    data === null
      ? `(${pod ?? "to come"})`
      : typeof data === "string"
        ? data
        : "target" in data
          ? `${data.priority} ${data.weight} ${data.port} ${data.target}`
          : `${data.mname} ${data.minimum}`;
  return `${name} ${ttl} ${type} ${value}`;
}

export function ask(zone: Zone, name: string, type: RecordType = "A", client: Client | null = null): readonly string[] {
  return told(predict(zone, name, type, client));
}
