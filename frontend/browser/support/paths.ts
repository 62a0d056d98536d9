import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = resolve(fileURLToPath(import.meta.url), "../../../..");

/** The folder with the built programs. */
export const binDir = process.env.UPTAKE_BIN_DIR ?? join(checkout, "target/debug");

/** The folder of the app, with its sources and packages. */
export const frontendDir = join(checkout, "frontend");

/** The folder with the built app. */
export const uiDir = process.env.UPTAKE_UI_DIR ?? join(frontendDir, "dist");

/** The folder with the built console. */
export const consoleDir = process.env.UPTAKE_CONSOLE_DIR ?? join(frontendDir, "dist-console");

/** Where the images of the documents lie. */
export const imagesDir = join(checkout, "docs/images");

/** Where the browser lies that npm brings, unpacked. */
export const cacheDir = resolve(fileURLToPath(import.meta.url), "../../node_modules/.cache/chromium");

/** Finds nats-server as `cargo xtask test` does, but fetches none. */
export function natsServer(): string {
  const named = process.env.NATS_SERVER_BIN;
  const found = named ?? onPath("nats-server") ?? fetched();
  if (found === undefined) throw new Error("no nats-server: run `cargo xtask test`, which fetches one");
  return found;
}

/** The file of this name in the first folder of `PATH` that has one. */
export function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

function fetched(): string | undefined {
  const tools = join(checkout, ".uptake/tools");
  if (!existsSync(tools)) return undefined;
  const folders = readdirSync(tools).filter((name) => name.startsWith("nats-server-"));
  return folders.map((name) => join(tools, name, "nats-server")).find((file) => existsSync(file));
}
