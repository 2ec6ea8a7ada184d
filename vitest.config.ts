import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/cluster/**", "test/hosts/**", "test/bench/**"],
    globalSetup: ["test/build.ts"],
    setupFiles: ["test/seed.ts"],
    // Many tests start real processes, and machines of CI are slow.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
