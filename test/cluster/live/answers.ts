// What every replica of cluster DNS says to a name, held to what `resolve` says of it.
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { ResolutionDocument } from "../../../src/diagnosis/resolution/document.ts";
import { formatData } from "../../../src/dns/compare.ts";
import type { DnsReplica } from "../../../src/objects/observation-plan.ts";
import { askReplicas } from "../../../src/sources/cluster/observe.ts";
import type { TestCluster } from "../cluster.ts";
import { connect } from "../oracle/world.ts";
import { kheadless } from "./program.ts";
import type { World } from "./world.ts";

export interface DnsReplicas {
  /** Holds `kheadless resolve` to what each replica says of the name. */
  confirm(world: World, name: string): Promise<void>;
  close(): void;
}

const PATIENCE = { silence: 5_000, total: 20_000 };
/** Between what the program reads and what the replicas say, slices may change. */
const TRIES = 8;

export async function dnsReplicas(cluster: TestCluster): Promise<DnsReplicas> {
  const connection = await connect(cluster);
  const signal = new AbortController().signal;

  async function replicasNow(): Promise<readonly DnsReplica[]> {
    const selection = { apiVersion: "v1", kind: "Pod", namespace: "kube-system", labelSelector: "k8s-app=kube-dns" };
    const pods = await cluster.api.list(selection);
    return pods
      .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.podIP)
      .map(({ metadata, status }) => ({
        namespace: "kube-system",
        name: metadata.name,
        ip: status.podIP,
        ready: true,
        port: 53,
      }));
  }

  /** `NOERROR 10.244.0.7`, the same from every replica; more than one where they differ. */
  async function said(name: string): Promise<readonly string[]> {
    const questions = [{ name, type: "A", checkingDisabled: true }] as const;
    const asked = await askReplicas(connection.forward, await replicasNow(), questions, signal, PATIENCE);
    if (asked.status !== "complete") throw new Error(`the replicas could not be asked: ${asked.because}`);
    const texts = asked.items.flatMap(({ pod, failure, answers }) =>
      failure !== null
        ? [`${pod.name}: ${failure}`]
        : answers.map((answer) =>
            answer.status === "failed" ? answer.because : textOf(answer.rcode, answer.answers.map(dataOf)),
          ),
    );
    return [...new Set(texts)];
  }

  return {
    async confirm(world, name) {
      for (let left = TRIES; ; left--) {
        const [real, predicted] = await Promise.all([said(name), predictedFor(world, name)]);
        if ((real.length === 1 && real[0] === predicted) || left === 0) {
          expect(real, `what cluster DNS says of ${name}, and what resolve says`).toEqual([predicted]);
          return;
        }
        await sleep(500);
      }
    },
    close: () => connection.close(),
  };
}

function dataOf({ type, data }: { readonly type: string; readonly data: Parameters<typeof formatData>[0] }): string {
  return type === "A" ? formatData(data) : `${type} ${formatData(data)}`;
}

function textOf(rcode: string, data: readonly string[]): string {
  return [rcode, ...data.toSorted()].join(" ");
}

async function predictedFor({ kubeconfig, namespace }: World, name: string): Promise<string> {
  const { stdout, stderr } = await kheadless(kubeconfig, ["resolve", name, "-t", "A", "-n", namespace, "-o", "json"]);
  if (stdout === "") throw new Error(`resolve said: ${stderr}`);
  const document: ResolutionDocument = JSON.parse(stdout);
  const [prediction] = document.candidates[0]?.predicted ?? [];
  if (prediction === undefined) throw new Error(`resolve predicted nothing: ${stdout}`);
  return textOf(
    prediction.rcode ?? "unknown",
    prediction.answers.map((record) => dataOf(record as Parameters<typeof dataOf>[0])),
  );
}
