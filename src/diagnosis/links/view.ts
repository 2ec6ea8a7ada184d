import type { ServiceTrace } from "../../trace/trace.ts";
import type { NameAnswer } from "../answers.ts";

/** What a link's line is told from. */
export interface LinkView {
  readonly trace: ServiceTrace;
  /** What cluster DNS is predicted to answer for the Service's own name. */
  readonly answer: NameAnswer;
}

/** One link's line, before findings have their say. */
export interface LinkLine {
  /** What is there, in few words; a function where putting it together takes work that is in vain if nobody reads it. */
  readonly summary: string | (() => string);
  /**
   * Whether there was something to look at. `no`: the source does not hold it, or an earlier link leaves nothing to
   * look at. `unknown`: it is there, and could not be read.
   */
  readonly judged: "yes" | "no" | "unknown";
}
