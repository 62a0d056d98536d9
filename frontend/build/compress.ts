import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { filesBelow } from "./files.ts";

/** What gets smaller. Images and fonts are compressed by their own forms. */
const EXTENSIONS = [".css", ".csv", ".js", ".json", ".svg", ".txt", ".webmanifest"];

/**
 * Puts a compressed form beside each file that has a smaller one, for the proxy to send: it compresses nothing itself.
 * Not so index.html, into which the proxy writes.
 */
export function compress(folder: string): Plugin {
  return {
    name: "compress",
    apply: "build",
    writeBundle() {
      for (const file of filesBelow(folder, EXTENSIONS)) {
        const plain = readFileSync(file);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        const forms = {
          br: brotliCompressSync(plain, { params: quality }),
          gz: gzipSync(plain, { level: 9 }),
        };
        for (const [extension, form] of Object.entries(forms)) {
          if (form.length < plain.length) {
            writeFileSync(`${file}.${extension}`, form);
          }
        }
      }
    },
  };
}
