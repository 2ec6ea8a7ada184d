import { isLeftOut } from "../../objects/dns-scope.ts";
import type { Resource, Snapshot } from "../../objects/snapshot.ts";
import { writeSnapshot } from "../../sources/snapshot-file.ts";
import { type Context, notice } from "../context.ts";
import { PATH_RESOURCES, readInput } from "../input.ts";
import type { InputOptions } from "../options.ts";
import { settingsOf } from "../settings.ts";

/** Writes what was read of a cluster to standard output, and ends with 3 where something could not be read. Throws as doctor does. */
export async function snapshot(given: InputOptions, context: Context): Promise<void> {
  const { options } = await settingsOf(given, context);
  const read = await readInput(
    options,
    {
      namespaces: options.allNamespaces ? "all" : [options.namespace ?? ""],
      resources: PATH_RESOURCES,
      clusterDns: true,
    },
    context,
  );
  context.streams.stdout.write(writeSnapshot(read));
  const missing = missingFrom(read);
  for (const line of missing) notice(context, `not read: ${line}`);
  context.end(missing.length > 0 ? 3 : 0);
}

/** What was asked for and could not be read, or not whole, a line for each reason. */
function missingFrom({ lists }: Snapshot): readonly string[] {
  const reasons = (Object.keys(lists) as Resource[]).flatMap((resource) =>
    lists[resource].flatMap(({ result }) => {
      if (result.status === "complete") return [];
      const asked = result.status === "partial" ? !isLeftOut(result.because, resource) : !result.byNature;
      return asked ? [`${resource}: ${result.because}`] : [];
    }),
  );
  return [...new Set(reasons)];
}
