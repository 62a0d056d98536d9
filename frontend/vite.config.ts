import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the platform that `cargo xtask up` runs.
const platform = process.env.UPTAKE_URL ?? "http://localhost:8080";

export default defineConfig({
  // Relative to <base href> of index.html, which whoever serves the page may change.
  base: "./",
  build: {
    target: "es2022",
    // The proxy serves these for ever: their names have a hash of what is in them.
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": platform } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
