import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/**
 * Fails a build whose first page needs more JavaScript than it may: what is needed later belongs into a chunk of its own.
 * `most` is in octets, by gzip.
 */
export function firstPage(folder: string, most: number): Plugin {
  return {
    name: "first-page",
    apply: "build",
    writeBundle() {
      const octets = scripts(readFileSync(join(folder, "index.html"), "utf8"))
        .map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
        .reduce((sum, length) => sum + length, 0);
      const told = `the first page loads ${octets} octets of JavaScript (gzip), of at most ${most}`;
      if (octets > most) {
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
