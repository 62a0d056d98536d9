import { type ReadonlySignal, signal } from "@preact/signals";
import { base } from "../base.ts";

/** How often the server is asked at most, in ms. */
const ASK_MS = 300_000;

const isThere = signal(false);
let askedAt = Date.now();

/** Whether the server has another release of this page than the one that runs. */
export const newRelease: ReadonlySignal<boolean> = isThere;

/** Looks for a new release whenever the page is shown again, and when a part of this one is gone. */
export function watchRelease(): void {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - askedAt >= ASK_MS) void ask();
  });
  // Vite tells so when a chunk that is loaded late does not come.
  window.addEventListener("vite:preloadError", () => void ask());
}

async function ask(): Promise<void> {
  if (isThere.peek()) return;
  askedAt = Date.now();
  try {
    const page = await fetch(`${base}/`, { cache: "no-cache", headers: { accept: "text/html" } });
    if (!page.ok) return;
    const names = assetsOf(await page.text());
    // A page without assets is no release: something between has answered.
    if (names.length > 0)
      isThere.value = !assetsOf(document.documentElement.outerHTML).includes(names[0] ?? "");
  } catch {
    // Without an answer nothing is known.
  }
}

/** The names of the scripts of a page, which have a hash of what is in them. */
function assetsOf(html: string): string[] {
  return [...html.matchAll(/<script[^>]*\ssrc="([^"]*)"/g)].map((match) => match[1]?.split("/").at(-1) ?? "");
}
