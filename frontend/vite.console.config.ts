import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compress } from "./build/compress.ts";
import { firstPage } from "./build/first-page.ts";

// Where `npm run dev:console` finds the private listener of a proxy that `cargo xtask up` runs.
const operators = process.env.UPTAKE_ADMIN_URL ?? "http://localhost:9090";

/** Octets of JavaScript, by gzip, that may be loaded before anything is shown. What draws charts comes after that. */
const MAX_FIRST_PAGE = 40 * 1024;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const built = here("dist-console");

export default defineConfig({
  root: here("console"),
  resolve: { alias: { "/src": here("src") } },
  // Relative to <base href> of index.html, which whoever serves the page may change.
  base: "./",
  build: {
    target: "es2022",
    outDir: built,
    emptyOutDir: true,
    // The proxy serves these for ever: their names have a hash of what is in them.
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // `firstPage` tells what counts.
    reportCompressedSize: false,
  },
  plugins: [firstPage(built, MAX_FIRST_PAGE), compress(built)],
  server: {
    fs: { allow: [here(".")] },
    // There the console lies below /console, and so does its cookie; here it lies at the top.
    proxy: { "/api": { target: `${operators}/console`, cookiePathRewrite: { "/console": "/" } } },
  },
});
