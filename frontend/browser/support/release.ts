import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { Chain } from "./chain.ts";

const TEXTS = [".js", ".css", ".html", ".json", ".webmanifest"];

/** Puts another release into the place of the one that is served: every asset has another name, as after a change. */
export async function release(chain: Chain): Promise<void> {
  const assets = join(chain.ui, "assets");
  const names = await readdir(assets);
  const renamed = new Map(names.map((name) => [name, anew(name)]));
  for (const folder of [chain.ui, assets]) {
    const files = (await readdir(folder)).filter((name) => TEXTS.includes(extname(name)));
    for (const file of files) await rewrite(join(folder, file), renamed);
  }
  for (const [before, after] of renamed) await rename(join(assets, before), join(assets, after));
  const old = chain.single("proxy");
  await old.kill();
  await chain.startProxy();
}

function anew(name: string): string {
  const ending = extname(name);
  return `${basename(name, ending)}-next${ending}`;
}

async function rewrite(file: string, renamed: Map<string, string>): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [before, after] of renamed) text = text.replaceAll(before, after);
  await writeFile(file, text);
}
