import { defineConfig } from "vitest/config";

/** Tests that install kheadless as CI systems do (they take npm, git, Python and a network), and build the executable. */
export default defineConfig({
  test: {
    include: ["test/hosts/**/*.test.ts"],
    // They start real processes, beside installs that keep the machine busy.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
