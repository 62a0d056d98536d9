import { readdirSync } from "node:fs";
import { join } from "node:path";

/** All files below a folder whose names end in one of these extensions. */
export function filesBelow(folder: string, extensions: string[]): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .map((name) => join(folder, name));
}
