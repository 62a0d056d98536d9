import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: "support/preflight.ts",
    // One browser serves all files of a worker; each file starts a platform of its own.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    // A test waits for states. This only ends one that waits for a state that does not come.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
