import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";

const checkout = resolve(fileURLToPath(import.meta.url), "../../../..");

/** Where all pictures go: not into the repository. */
const folder = process.env.SCREENSHOTS_DIR ?? join(checkout, "target/screenshots");

const NARROW = { width: 360, height: 740 };
const SCHEMES = ["light", "dark"] as const;

export interface Look {
  name: string;
  options: BrowserContextOptions;
}

function looksOf(widths: Record<string, { width: number; height: number }>): Look[] {
  return Object.entries(widths).flatMap(([width, viewport]) =>
    SCHEMES.map((colorScheme) => ({
      name: `${width}-${colorScheme}`,
      options: { viewport, colorScheme, reducedMotion: "reduce" as const, locale: "en-GB" },
    })),
  );
}

/** Each page is looked at narrow and wide, light and dark. */
export const looks = looksOf({ narrow: NARROW, wide: { width: 1600, height: 1000 } });

/** The console is also read beside something else. */
export const consoleLooks = looksOf({ narrow: NARROW, wide: { width: 1280, height: 900 } });

/** Takes the whole page, also below the fold; or what a person sees, where something lies above the page. */
export async function take(page: Page, name: string, look: Look, fullPage = true): Promise<void> {
  await mkdir(folder, { recursive: true });
  await withoutScrollbar(page);
  await page.screenshot({
    path: join(folder, `${name}-${look.name}.png`),
    fullPage,
    animations: "disabled",
  });
}

/** Pictures have no scrollbar, and so need no room for one. */
export async function withoutScrollbar(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.style.scrollbarGutter = "auto";
  });
}
