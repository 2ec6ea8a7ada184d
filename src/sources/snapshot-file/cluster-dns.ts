import type { Collected } from "../../objects/collected.ts";
import { complete, notHeld, partial, unavailable } from "../../objects/collected.ts";
import type {
  AccessFact,
  ObservedAnswer,
  ObservedRecord,
  ObservedSoa,
  PodLog,
  ReplicaObservation,
} from "../../objects/observation.ts";
import {
  type Field,
  fault,
  flag,
  has,
  integerOr,
  map,
  maps,
  oneOf,
  optionalMap,
  text,
  textOr,
  texts,
} from "../../objects/read/fields.ts";
import type { ClusterDnsFacts } from "../../objects/snapshot.ts";

/** What a snapshot file holds of cluster DNS besides objects; it is written as it is. */
export function readClusterDns(facts: Field): ClusterDnsFacts {
  return {
    access: readList(facts, "access", readAccess),
    logs: readList(facts, "logs", readLog),
    observations: readList(facts, "observations", readObservation),
    ...(has(facts, "vacantNameServers") ? { vacantNameServers: texts(facts, "vacantNameServers") } : {}),
  };
}

function readList<T>(facts: Field, key: string, read: (item: Field) => T): Collected<T> | null {
  const list = optionalMap(facts, key);
  return list === null ? null : readCollected(list, () => maps(list, "items").map(read));
}

/** The status around the items, which are read only where there are any. */
export function readCollected<T>(list: Field, items: () => readonly T[]): Collected<T> {
  const status = oneOf(list, "status", ["complete", "partial", "unavailable"]);
  const because = textOr(list, "because", "");
  switch (status) {
    case "complete":
      return complete(items());
    case "partial":
      return partial(items(), because);
    case "unavailable":
      return flag(list, "byNature") === true ? notHeld(because) : unavailable(because);
    default:
      if (!has(list, "status") || list.reading.live)
        fault(list, ["status"], "expected complete, partial or unavailable");
      return unavailable(because);
  }
}

function readAccess(fact: Field): AccessFact {
  return {
    account: textOr(fact, "account", ""),
    verb: textOr(fact, "verb", ""),
    group: textOr(fact, "group", ""),
    resource: textOr(fact, "resource", ""),
    allowed: flag(fact, "allowed") ?? false,
    because: textOr(fact, "because", ""),
  };
}

function readLog(log: Field): PodLog {
  return { pod: readPodName(log), lines: texts(log, "lines") };
}

function readPodName(field: Field): PodLog["pod"] {
  const pod = map(field, "pod");
  return { namespace: textOr(pod, "namespace", ""), name: textOr(pod, "name", "") };
}

function readObservation(observation: Field): ReplicaObservation {
  return {
    pod: readPodName(observation),
    ip: textOr(observation, "ip", ""),
    ready: flag(observation, "ready") ?? false,
    failure: text(observation, "failure"),
    answers: maps(observation, "answers").map(readAnswer),
  };
}

function readAnswer(answer: Field): ObservedAnswer {
  const question = {
    name: textOr(answer, "name", ""),
    type: textOr(answer, "type", ""),
    checkingDisabled: flag(answer, "checkingDisabled") ?? false,
    askedAt: textOr(answer, "askedAt", ""),
    again: flag(answer, "again") ?? false,
  };
  if (textOr(answer, "status", "") === "failed") {
    return { ...question, status: "failed", because: textOr(answer, "because", "") };
  }
  const flags = map(answer, "flags");
  const soa = optionalMap(answer, "soa");
  return {
    ...question,
    status: "answered",
    rcode: textOr(answer, "rcode", ""),
    flags: { aa: flag(flags, "aa") ?? false, tc: flag(flags, "tc") ?? false, ra: flag(flags, "ra") ?? false },
    answers: maps(answer, "answers").map(readRecord),
    additional: maps(answer, "additional").map(readRecord),
    soa: soa === null ? null : readSoa(soa),
    rtt: number(answer, "rtt"),
  };
}

function readRecord(record: Field): ObservedRecord {
  const srv = typeof record.entries.data === "string" ? null : optionalMap(record, "data");
  return {
    name: textOr(record, "name", ""),
    type: textOr(record, "type", ""),
    ttl: integerOr(record, "ttl", 0),
    data:
      srv === null
        ? textOr(record, "data", "")
        : {
            priority: integerOr(srv, "priority", 0),
            weight: integerOr(srv, "weight", 0),
            port: integerOr(srv, "port", 0),
            target: textOr(srv, "target", ""),
          },
  };
}

function readSoa(soa: Field): ObservedSoa {
  return {
    name: textOr(soa, "name", ""),
    ttl: integerOr(soa, "ttl", 0),
    mname: textOr(soa, "mname", ""),
    serial: integerOr(soa, "serial", 0),
    minimum: integerOr(soa, "minimum", 0),
  };
}

/** Milliseconds may have a fraction. */
function number(field: Field, key: string): number {
  const value = field.entries[key];
  if (typeof value === "number") return value;
  fault(field, [key], "expected a number");
  return 0;
}
