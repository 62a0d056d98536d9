import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";
import { firstPage } from "./build/first-page.ts";

// Where `npm run dev` finds the platform that `cargo xtask up` runs.
const platform = process.env.UPTAKE_URL ?? "http://localhost:8080";

/** Octets of JavaScript, by gzip, that may be loaded before anything is shown. */
const MAX_FIRST_PAGE = 40 * 1024;

const built = fileURLToPath(new URL("dist", import.meta.url));

export default defineConfig({
  // Relative to <base href> of index.html, which whoever serves the page may change.
  base: "./",
  build: {
    target: "es2022",
    // The proxy serves these for ever: their names have a hash of what is in them.
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // `firstPage` tells what counts.
    reportCompressedSize: false,
  },
  plugins: [firstPage(built, MAX_FIRST_PAGE), compress(built)],
  server: { proxy: { "/api": platform } },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "build/**/*.test.ts"],
    setupFiles: ["src/testing/browser.ts"],
    // Tests wait for states; this is for what never comes.
    testTimeout: 30_000,
  },
});
