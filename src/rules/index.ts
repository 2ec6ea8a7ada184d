import type { Rule } from "./rule.ts";
import { serviceNotFound } from "./service-not-found.ts";

/** Every rule, in the order of the path; `kheadless explain` lists them so. */
export const RULES: readonly Rule[] = [serviceNotFound];
