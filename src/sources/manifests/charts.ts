import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { perKey } from "../../objects/kept.ts";
import type { InvalidEntry } from "./objects.ts";

/** What makes a folder a Helm chart. */
export const CHART_FILE = "Chart.yaml";

/**
 * What cannot be read, with the templates of each Helm chart told as one: they are no faults of their own, and a chart has
 * dozens. It stands at the chart's Chart.yaml, where the first of them stood.
 */
export function oncePerChart(invalid: readonly InvalidEntry[]): readonly InvalidEntry[] {
  const chartIn = perKey(chartOfFolder);
  const byChart = Map.groupBy(invalid, ({ template, location }) => (template ? chartIn(dirname(location.file)) : ""));
  if (byChart.size === 0 || (byChart.size === 1 && byChart.has(""))) return invalid;
  const told = new Set<string>();
  return invalid.flatMap((entry): readonly InvalidEntry[] => {
    const chart = entry.template ? chartIn(dirname(entry.location.file)) : "";
    if (chart === "") return [entry];
    if (told.has(chart)) return [];
    told.add(chart);
    return [chartEntry(chart, entry, byChart.get(chart) ?? [])];
  });
}

function chartEntry(chart: string, first: InvalidEntry, all: readonly InvalidEntry[]): InvalidEntry {
  const files = new Set(all.map(({ location }) => location.file)).size;
  const where = relative(chart, first.location.file);
  const which = files === 1 ? `its template ${where} is` : `${files} of its templates are`;
  const them = files === 1 ? "it" : "them";
  return {
    ...first,
    ref: null,
    location: { file: join(chart, CHART_FILE), line: 1, column: 1 },
    field: null,
    message: `this is a Helm chart, and ${which} not rendered yet: --helm ${chart} reads what helm makes of ${them}, --exclude leaves ${them} out`,
  };
}

/**
 * The chart that the templates of a folder are of, as part of another the outermost one; "" where it is of none. Of what
 * `templates/` includes some stands beside it (`files/`), but helm renders nothing of `crds/`.
 */
function chartOfFolder(folder: string): string {
  let chart = "";
  let below = "";
  for (let at = resolve(folder); at !== dirname(at); at = dirname(at)) {
    // A chart that another one brings along is rendered with it.
    const isOfIt = chart === "" ? below !== "crds" : below === "charts";
    if (isOfIt && existsSync(join(at, CHART_FILE))) chart = at;
    below = basename(at);
  }
  if (chart === "") return "";
  return isAbsolute(folder) ? chart : relative(".", chart) || ".";
}
