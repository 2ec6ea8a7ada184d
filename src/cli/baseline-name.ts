/**
 * Where --write-baseline writes to if nothing else is said. Apart from the options, which what the commands do must not
 * load again, and commander with them.
 */
export const BASELINE_FILE = ".kheadless-baseline.json";
