// Protobuf as an API server writes it: what the reader's shapes name, and beside it fields that nobody reads.
import { KIND_SHAPES } from "../../src/sources/cluster/protobuf/kind-shapes.ts";
import { META_SHAPE_WITH_WRITERS, STATUS } from "../../src/sources/cluster/protobuf/meta-shapes.ts";
import { type FieldShape, type MessageShape, message } from "../../src/sources/cluster/protobuf/shape.ts";

const MAGIC = Buffer.from("k8s\0");
/** A field that no message has: readers must pass over it. */
const UNKNOWN = bytesField(900, Buffer.from("nobody reads this"));

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

export function varintField(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** Runtime's envelope around a message. */
export function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const typeMeta = Buffer.concat([bytesField(1, Buffer.from(apiVersion)), bytesField(2, Buffer.from(kind))]);
  const empty = Buffer.alloc(0);
  return Buffer.concat([
    MAGIC,
    bytesField(1, typeMeta),
    bytesField(2, raw),
    bytesField(3, empty),
    bytesField(4, empty),
  ]);
}

/** A list of the API as protobuf; null for a kind that is not written so. */
export function encodeList(apiVersion: string, kind: string, items: readonly object[], next: string): Buffer | null {
  const shape = KIND_SHAPES[kind];
  if (shape === undefined) return null;
  return envelope(apiVersion, `${kind}List`, listOf(shape, items, next));
}

function listOf(shape: MessageShape, items: readonly object[], next: string): Buffer {
  const metadata = Buffer.concat([bytesField(2, Buffer.from("1")), bytesField(3, Buffer.from(next))]);
  const encoded = items.map((item) => bytesField(2, encode(shape, withRawFields(item as Entries))));
  return Buffer.concat([bytesField(1, metadata), ...encoded]);
}

/** fieldsV1 is an object in JSON, and its text in protobuf. */
function withRawFields(item: Entries): Entries {
  const metadata = (item.metadata ?? {}) as Entries;
  if (metadata.managedFields === undefined) return item;
  const managedFields = (metadata.managedFields as Entries[]).map(({ fieldsV1, ...rest }) => ({
    ...rest,
    fieldsV1: { raw: Buffer.from(JSON.stringify(fieldsV1)) },
  }));
  return { ...item, metadata: { ...metadata, managedFields } };
}

/** The list's metadata alone, where it is asked for so. */
export function encodeMetadata(body: object): Buffer | null {
  const { kind, metadata, items } = body as { kind: string; metadata: Entries; items: object[] };
  if (!/List$/.test(kind)) return encodeBody(body);
  const shape = message({ 1: META_SHAPE_WITH_WRITERS });
  const list = listOf(shape, items, String(metadata.continue ?? ""));
  return envelope("meta.k8s.io/v1", "PartialObjectMetadataList", list);
}

/** A body as protobuf; null where it is none that is sent so. */
export function encodeBody(body: object): Buffer | null {
  const { kind, apiVersion, metadata, items } = body as {
    kind: string;
    apiVersion: string;
    metadata: Entries;
    items: object[];
  };
  if (kind === "Status") return encodeStatus(body);
  return /List$/.test(kind) ? encodeList(apiVersion, kind.slice(0, -4), items, String(metadata.continue ?? "")) : null;
}

export function encodeStatus(status: object): Buffer {
  return envelope("v1", "Status", encode(STATUS, status as Entries));
}

type Entries = Readonly<Record<string, unknown>>;

/** Go writes fields that are no pointers where they are empty, too. */
export function encode(shape: MessageShape, value: Entries): Buffer {
  const parts: Buffer[] = [];
  shape.forEach((field, number) => {
    if (field === undefined) return;
    const found = field.name === "" ? value : value[field.name];
    if (field.repeated) {
      for (const item of (found ?? []) as unknown[]) parts.push(encodeField(number, field, item));
    } else if (found !== undefined && found !== null) parts.push(encodeField(number, field, found));
    else if (!field.pointer) parts.push(encodeField(number, field, ZERO[field.type]));
    else if (/[tT]ime/.test(field.type) && found === null) parts.push(bytesField(number, Buffer.alloc(0)));
  });
  return Buffer.concat([...parts, UNKNOWN]);
}

const ZERO: Partial<Record<FieldShape["type"], unknown>> = { text: "", integer: 0, flag: false };

function encodeField(number: number, { type, message }: FieldShape, value: unknown): Buffer {
  switch (type) {
    case "text":
      return bytesField(number, Buffer.from(String(value)));
    case "integer":
      return varintField(number, value as number);
    case "bytes":
      return bytesField(number, value as Buffer);
    case "flag":
      return varintField(number, value === true ? 1 : 0);
    case "message":
      return bytesField(number, encode(message ?? [], value as Entries));
    case "labels":
      return Buffer.concat(
        Object.entries(value as Record<string, string>).map(([key, text]) =>
          bytesField(
            number,
            Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(String(text)))]),
          ),
        ),
      );
    case "quantities":
      return Buffer.concat(
        Object.entries(value as Record<string, string>).map(([key, text]) =>
          bytesField(
            number,
            Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, bytesField(1, Buffer.from(String(text))))]),
          ),
        ),
      );
    case "time":
    case "microTime": {
      const [, second = "", micro = ""] = /^(.{19})(?:\.(\d+))?Z$/.exec(String(value)) ?? [];
      const nanos = Number(micro.padEnd(9, "0"));
      return bytesField(
        number,
        Buffer.concat([varintField(1, Date.parse(`${second}Z`) / 1000), varintField(2, nanos)]),
      );
    }
    case "integerOrText": {
      const isText = typeof value === "string";
      const parts = [varintField(1, isText ? 1 : 0), varintField(2, isText ? 0 : (value as number))];
      return bytesField(number, Buffer.concat([...parts, bytesField(3, Buffer.from(isText ? value : ""))]));
    }
  }
}
