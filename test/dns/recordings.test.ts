import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RecordType } from "../../src/dns/records.ts";
import { predict } from "../../src/dns/zone.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { differences } from "../cluster/oracle/judge.ts";
import { readRecording } from "../cluster/oracle/recording.ts";

const FOLDER = new URL("../fixtures/oracle/", import.meta.url);

/** Recorded by `npm run oracle -- --record FILE --seed N` on Kubernetes 1.34.4 with CoreDNS 1.13.2. */
describe("what a real CoreDNS answered is what is predicted", () => {
  const files = readdirSync(FOLDER);
  expect(files.length).toBeGreaterThan(0);

  it.each(files)("%s", (file) => {
    const { snapshot, answers } = readRecording(readFileSync(new URL(file, FOLDER), "utf8"), file);
    const { zone } = zoneOf(indexSnapshot(snapshot));
    const wrong = answers.flatMap((observed) => {
      const predicted = predict(zone, observed.name, observed.type as RecordType);
      const found = predicted.known ? differences(predicted, observed) : [`not predicted: ${predicted.because}`];
      return found.map((difference) => `${observed.type} ${observed.name}: ${difference}`);
    });
    expect(wrong).toEqual([]);
    expect(answers.filter((one) => one.status === "answered" && one.answers.length > 0).length).toBeGreaterThan(20);
  });
});
