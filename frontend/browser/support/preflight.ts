import { existsSync } from "node:fs";
import { join } from "node:path";
import { executable } from "./chromium.ts";
import { binDir, consoleDir, natsServer, uiDir } from "./paths.ts";

/** Says what is missing once, before each test says it in its own words, and unpacks the browser once. */
export default async function preflight(): Promise<void> {
  natsServer();
  for (const program of ["http-to-nats-proxy", "rating-service", "hello"]) {
    need(join(binDir, program), `cargo build -p ${program}`);
  }
  for (const folder of [uiDir, consoleDir]) {
    need(join(folder, "index.html"), "npm ci && npm run build, in frontend/");
  }
  await executable();
}

function need(file: string, command: string): void {
  if (!existsSync(file)) throw new Error(`${file} is missing. It is made by: ${command}`);
}
