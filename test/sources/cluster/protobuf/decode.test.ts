import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readObject } from "../../../../src/objects/read/read-object.ts";
import { decode } from "../../../../src/sources/cluster/protobuf/decode.ts";
import { KIND_SHAPES } from "../../../../src/sources/cluster/protobuf/kind-shapes.ts";
import type { FieldShape, MessageShape } from "../../../../src/sources/cluster/protobuf/shape.ts";
import { internTexts } from "../../../../src/sources/cluster/protobuf/texts.ts";
import { bytesField, encode, varintField } from "../../../api-server/protobuf.ts";
import { arbitraryObject } from "../../../objects/arbitrary.ts";

const LIVE = { origin: null, defaultNamespace: "", live: true };
const texts = internTexts();

function decoded(kind: string, bytes: Buffer): Record<string, unknown> {
  return decode(KIND_SHAPES[kind] ?? [], { bytes, at: 0, end: bytes.length }, texts);
}

test("of protobuf is read what is read of JSON, for any object of any kind", () => {
  fc.assert(
    fc.property(arbitraryObject, (object) => {
      const { apiVersion, kind } = object as { apiVersion: string; kind: string };
      // An Event of protobuf's is always v1's.
      fc.pre(apiVersion !== "events.k8s.io/v1");
      const bytes = encode(KIND_SHAPES[kind] ?? [], object);
      const read = readObject({ ...decoded(kind, bytes), apiVersion, kind }, { ...LIVE, sharing: true });
      expect(read).toEqual(readObject({ ...asGoWrites(object, KIND_SHAPES[kind] ?? []), apiVersion, kind }, LIVE));
    }),
  );
});

/** Go leaves what is empty out of JSON, where it has no pointer for it. */
function asGoWrites(object: Readonly<Record<string, unknown>>, shape: MessageShape): Record<string, unknown> {
  const written: Record<string, unknown> = { ...object };
  for (const { name, type, message, repeated, pointer } of fieldsOf(shape)) {
    const value = written[name];
    if (type === "labels" && Object.keys(value ?? {}).length === 0) delete written[name];
    else if (value === "" || value === 0 || value === false) {
      if (!pointer) delete written[name];
    } else if (message !== null && typeof value === "object" && value !== null) {
      const items = (repeated ? value : [value]) as Record<string, unknown>[];
      const inner = items.map((item) => asGoWrites(item, message));
      written[name] = repeated ? inner : inner[0];
    }
  }
  return written;
}

describe("what Go writes otherwise than JSON does", () => {
  test("a negative number takes ten bytes", () => {
    const state = bytesField(2, bytesField(3, varintField(1, -7)));
    const pod = bytesField(3, bytesField(8, state));
    expect(decoded("Pod", pod)).toEqual({
      status: { containerStatuses: [{ state: { terminated: { exitCode: -7 } } }] },
    });
  });

  test("seconds since 1970 are any time of any year", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 62_135_596_800 }), (seconds) => {
        const time = bytesField(1, bytesField(8, varintField(1, seconds)));
        const known = decoded("Pod", time) as { metadata: { creationTimestamp: string } };
        expect(Date.parse(known.metadata.creationTimestamp)).toBe(seconds * 1000);
        expect(known.metadata.creationTimestamp).toMatch(/T\d\d:\d\d:\d\dZ$/);
      }),
    );
  });

  test("the zero time is an empty message", () => {
    expect(decoded("Pod", bytesField(1, bytesField(8, Buffer.alloc(0))))).toEqual({
      metadata: { creationTimestamp: null },
    });
  });

  test("an event's time has microseconds", () => {
    const time = Buffer.concat([varintField(1, Date.parse("2026-02-03T04:05:06Z") / 1000), varintField(2, 7_000_000)]);
    expect(decoded("Event", bytesField(10, time))).toEqual({ eventTime: "2026-02-03T04:05:06.007000Z" });
  });

  test("an empty text is given where Go has a pointer, else it is as good as left out", () => {
    const none = Buffer.alloc(0);
    expect(decoded("EndpointSlice", Buffer.concat([bytesField(4, none), bytesField(2, bytesField(3, none))]))).toEqual({
      endpoints: [{ hostname: "" }],
    });
  });

  test("a ConfigMap's key may be called __proto__", () => {
    const entry = Buffer.concat([bytesField(1, Buffer.from("__proto__")), bytesField(2, Buffer.from("x"))]);
    expect(JSON.stringify(decoded("ConfigMap", bytesField(2, entry)))).toBe('{"data":{"__proto__":"x"}}');
  });
});

describe("every field that is read of a live object has its number in sources/cluster/protobuf", () => {
  /** What only JSON can hold: the object's type, and the Events of events.k8s.io. */
  const elsewhere = new Set(["apiVersion", "kind", "regarding", "note", "deprecatedCount", "deprecatedLastTimestamp"]);

  test.each(Object.keys(KIND_SHAPES))("%s", (kind) => {
    const missing = new Set<string>();
    const apiVersion = API_VERSIONS[kind] ?? "v1";
    // Of fields that exclude each other (a probe's ways to ask) each has its turn.
    for (const turn of [0, 1, 2, 3]) {
      const object = { ...sampleOf(KIND_SHAPES[kind] ?? [], turn), apiVersion, kind };
      const result = readObject(watched(object, KIND_SHAPES[kind] ?? [], kind, missing), LIVE);
      expect(result).toMatchObject({ status: "read" });
    }
    expect([...missing].filter((path) => !elsewhere.has(path.slice(kind.length + 1)))).toEqual([]);
  });
});

const API_VERSIONS: Readonly<Record<string, string>> = {
  EndpointSlice: "discovery.k8s.io/v1",
  StatefulSet: "apps/v1",
  Deployment: "apps/v1",
  ReplicaSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  NetworkPolicy: "networking.k8s.io/v1",
};

/** Messages of which only one field is ever given: "" are embedded ones, a probe's ways to ask. */
const ONE_OF: readonly string[] = ["", "valueFrom", "state", "lastState"];

function sampleOf(shape: MessageShape, turn: number, of = "object"): Record<string, unknown> {
  const fields = shape.filter((field) => field !== undefined);
  const chosen = ONE_OF.includes(of) ? fields.slice(turn % fields.length, (turn % fields.length) + 1) : fields;
  const sample: Record<string, unknown> = {};
  for (const field of chosen) {
    const value = sampleValue(field, turn);
    if (field.name === "") Object.assign(sample, value);
    else sample[field.name] = field.repeated ? [value] : value;
  }
  return sample;
}

function sampleValue(field: FieldShape, turn: number): unknown {
  switch (field.type) {
    case "integer":
    case "integerOrText":
      return 1;
    case "flag":
      return true;
    case "labels":
    case "quantities":
      return { storage: "1Gi" };
    case "bytes":
      return Buffer.from("text");
    case "message":
      return sampleOf(field.message ?? [], turn, field.name);
    default:
      return field.name === "addressType" ? "IPv4" : field.name === "operator" ? "In" : "text";
  }
}

/** The object, telling which fields are asked for that its shape does not have. */
function watched(value: unknown, shape: MessageShape, path: string, missing: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => watched(item, shape, path, missing));
  if (typeof value !== "object" || value === null) return value;
  const fields = new Map(fieldsOf(shape).map((field) => [field.name, field]));
  return new Proxy(value as Record<string, unknown>, {
    get(entries, key) {
      const field = fields.get(String(key));
      if (field === undefined) missing.add(`${path}.${String(key)}`);
      const found = entries[String(key)];
      return field?.message == null ? found : watched(found, field.message, `${path}.${field.name}`, missing);
    },
  });
}

function fieldsOf(shape: MessageShape): readonly FieldShape[] {
  return shape.flatMap((field) =>
    field === undefined ? [] : field.name === "" ? fieldsOf(field.message ?? []) : [field],
  );
}
