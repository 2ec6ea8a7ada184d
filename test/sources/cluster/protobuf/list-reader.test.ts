import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decoded } from "../../../../src/sources/cluster/protobuf/decode.ts";
import { KIND_SHAPES } from "../../../../src/sources/cluster/protobuf/kind-shapes.ts";
import { readProtobufList, readProtobufStatus } from "../../../../src/sources/cluster/protobuf/list-reader.ts";
import { internTexts } from "../../../../src/sources/cluster/protobuf/texts.ts";
import { MalformedProtobuf } from "../../../../src/sources/cluster/protobuf/wire.ts";
import { bytesField, encodeList, encodeStatus, envelope, varint } from "../../../api-server/protobuf.ts";
import { pods } from "./pods.ts";

const texts = internTexts();
const shape = KIND_SHAPES.Pod ?? [];

function read(bytes: Buffer, size = bytes.length): { readonly items: readonly Decoded[]; readonly next: string } {
  const items: Decoded[] = [];
  const reader = readProtobufList("PodList", shape, texts, (item) => items.push(item));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return { items, ...reader.end() };
}

/** What a reader says of bytes that are no whole list. */
function complaint(bytes: Buffer): string {
  try {
    read(bytes);
    return "none";
  } catch (error) {
    if (error instanceof MalformedProtobuf) return error.message;
    throw error;
  }
}

const list = encodeList("v1", "Pod", pods(20), "token") ?? Buffer.alloc(0);

test("a list is the same in whatever pieces it arrives", () => {
  const whole = read(list);
  expect(whole.items).toHaveLength(20);
  expect(whole.next).toBe("token");
  for (const size of [1, 2, 3, 7, 100, 1000]) expect(read(list, size)).toEqual(whole);
});

test("an empty list is a list", () => {
  expect(read(encodeList("v1", "Pod", [], "") ?? Buffer.alloc(0))).toEqual({ items: [], next: "" });
});

test("a list cut anywhere is no list", () => {
  for (let end = 0; end < list.length; end += 13) expect(complaint(list.subarray(0, end))).not.toBe("none");
});

describe("bytes that lie", () => {
  const raw = (content: Buffer) => envelope("v1", "PodList", content);
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ["no protobuf of Kubernetes", Buffer.from('{"kind":"PodList"}'), "it does not begin as such"],
    ["another kind's list", encodeList("v1", "Service", [], "") ?? list, "it holds a ServiceList"],
    [
      "an item longer than the list",
      raw(Buffer.concat([varint(18), varint(1000), Buffer.from("x")])),
      "a field's length goes beyond the list",
    ],
    [
      "a field longer than its item",
      raw(bytesField(2, Buffer.concat([varint(10), varint(99)]))),
      "a field's length goes beyond its message",
    ],
    ["an unknown wire type", raw(bytesField(2, varint(8 * 900 + 7))), "a field of the unknown wire type 7"],
    ["a group", raw(bytesField(2, varint(8 * 1 + 3))), "the field metadata is of another type"],
    ["a number without end", raw(bytesField(2, Buffer.alloc(12, 0xff))), "a number of more than 64 bits"],
    ["a field of number 0", raw(bytesField(2, Buffer.from([2, 0]))), "a field without a number"],
    ["bytes behind the end", Buffer.concat([list, Buffer.from([0x80])]), "it ends in the middle"],
    ["a second list", Buffer.concat([list, list.subarray(4)]), "a second list behind the first"],
  ];
  test.each(cases)("%s", (_, bytes, said) => {
    expect(complaint(bytes)).toBe(said);
  });

  test("an object of 2 GB is told of before it is there", () => {
    const size = 2 * 1024 * 1024 * 1024;
    const item = Buffer.concat([varint(18), varint(size)]);
    const typeMeta = bytesField(1, bytesField(2, Buffer.from("PodList")));
    const head = Buffer.concat([Buffer.from("k8s\0"), typeMeta, varint(18), varint(size + item.length), item]);
    expect(complaint(head)).toBe("an object of 2048 MB");
  });

  test("what nobody reads is passed over without being held, however long it is", () => {
    const size = 64 * 1024 * 1024;
    const typeMeta = bytesField(1, bytesField(2, Buffer.from("PodList")));
    const skipped = Buffer.concat([varint(9 * 8 + 2), varint(size)]);
    const reader = readProtobufList("PodList", shape, texts, () => {});
    reader.push(Buffer.concat([Buffer.from("k8s\0"), typeMeta, varint(18), varint(size + skipped.length), skipped]));
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < size; sent += chunk.length) reader.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(reader.end()).toEqual({ next: "" });
  });
});

test("mutated bodies end as a list or as a complaint, and never otherwise", () => {
  const small = encodeList("v1", "Pod", pods(2), "") ?? list;
  const mutation = fc.tuple(fc.nat(small.length - 1), fc.integer({ min: 0, max: 255 }));
  const runs = Number(process.env.KHEADLESS_FUZZ_RUNS ?? 20_000);
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.nat(small.length), (changes, cut) => {
      const bytes = Buffer.from(changes.length % 2 === 0 ? small : small.subarray(0, cut));
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      complaint(bytes);
    }),
    { numRuns: runs },
  );
});

test("an error's Status is read", () => {
  const status = { status: "Failure", message: "pods is forbidden", reason: "Forbidden", code: 403 };
  expect(readProtobufStatus(encodeStatus(status))).toEqual({ kind: "Status", ...status, details: undefined });
  expect(readProtobufStatus(Buffer.from("no"))).toBeNull();
});
