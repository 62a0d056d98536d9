import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import packed from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";
import { cacheDir, onPath } from "./paths.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The chromium that `CHROMIUM_BIN` names, else the one of the system, else the one that npm brought. */
export async function executable(): Promise<string> {
  const named = process.env.CHROMIUM_BIN;
  if (named !== undefined && named !== "") return named;
  return NAMES.map(onPath).find((file) => file !== undefined) ?? (await unpacked());
}

/** Starts it. Fonts are those of the package first, so that pictures look the same on most machines. */
export async function launch(): Promise<Browser> {
  const executablePath = await executable();
  const env = { ...process.env, ...(await fonts()) } as Record<string, string>;
  // The tests end it themselves, after the programs that its pages talk to.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  // Its sandbox needs rights that root in a container, and many others, have not. All that it loads is ours.
  return chromium.launch({ executablePath, env, chromiumSandbox: false, ...signals });
}

/** The package unpacks into the folder for temporary files, under a name that anybody could take: not so here. */
async function unpacked(): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const before = process.env.TMPDIR;
  process.env.TMPDIR = cacheDir;
  try {
    return await packed.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

async function fonts(): Promise<Record<string, string>> {
  const folder = join(cacheDir, "fonts/fonts");
  if (!existsSync(folder)) return {};
  const file = join(cacheDir, "fonts.conf");
  await writeFile(file, fontSettings(folder));
  return { FONTCONFIG_FILE: file };
}

function fontSettings(folder: string): string {
  const families = ["system-ui", "sans-serif", "sans"];
  const edit = `<edit name="family" mode="prepend" binding="strong"><string>Open Sans</string></edit>`;
  const first = (family: string) =>
    `<match><test name="family"><string>${family}</string></test>${edit}</match>`;
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>${folder}</dir>
<cachedir>${join(cacheDir, "fonts-cache")}</cachedir>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${families.map(first).join("\n")}
</fontconfig>
`;
}
