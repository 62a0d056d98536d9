import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Octets of JavaScript, by gzip, that may be loaded before anything is shown. */
export const MAX_FIRST_PAGE = 40 * 1024;

/** Fails a build whose first page needs more JavaScript than it may: what is needed later belongs into a chunk of its own. */
export function firstPage(folder: string): Plugin {
  return {
    name: "first-page",
    apply: "build",
    writeBundle() {
      const octets = scripts(readFileSync(join(folder, "index.html"), "utf8"))
        .map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
        .reduce((sum, length) => sum + length, 0);
      const told = `the first page loads ${octets} octets of JavaScript (gzip), of at most ${MAX_FIRST_PAGE}`;
      if (octets > MAX_FIRST_PAGE) {
        this.error(`${told}: load later what it does not need`);
      }
      this.info(told);
    },
  };
}

/** The scripts that a page names: those it runs, and those it loads because these will need them. */
export function scripts(html: string): string[] {
  const named = html.matchAll(/<(?:script|link rel="modulepreload")[^>]*\s(?:src|href)="([^"]+)"/g);
  return [...named].flatMap(([, name]) => name ?? []);
}
