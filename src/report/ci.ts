import { githubText } from "./ci/github.ts";
import { gitlabText } from "./ci/gitlab.ts";
import { junitText } from "./ci/junit.ts";
import type { CiRun } from "./ci/run.ts";
import { sarifText } from "./ci/sarif.ts";
import { summaryMarkdown } from "./ci/summary.ts";
import type { ReportDocument } from "./document.ts";

export { type CiRun, pathsBelow } from "./ci/run.ts";

/** The formats that CI systems read; all of this file is loaded only where one is asked for. */
export const CI_RENDERERS = {
  sarif: sarifText,
  junit: junitText,
  github: githubText,
  gitlab: gitlabText,
  summary: summaryMarkdown,
} as const satisfies Readonly<Record<string, (document: ReportDocument, run: CiRun) => string | Promise<string>>>;
export type CiFormat = keyof typeof CI_RENDERERS;
