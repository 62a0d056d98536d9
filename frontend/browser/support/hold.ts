import type { Page, Request } from "playwright-core";

/**
 * Holds what the API answers until the page has painted without it, and lets it come one after another, each painted
 * before the next: only then could anything move when it comes.
 */
export async function paintBetween(page: Page): Promise<void> {
  let turn = page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  await page.route("**/api/**", async (route) => {
    const before = turn;
    turn = before.then(async () => {
      await route.continue();
      await ended(route.request());
      return page.waitForFunction(painted);
    });
    await turn;
  });
}

/** Events have no end that one could wait for. */
async function ended(request: Request): Promise<void> {
  const response = await request.response();
  const isStream = response?.headers()["content-type"]?.startsWith("text/event-stream") ?? false;
  if (!isStream) await response?.finished();
}

/** Two frames are over: what came before the first is to be seen. */
function painted(): Promise<boolean> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  return frame()
    .then(frame)
    .then(() => true);
}

/** Holds what the API answers for good. */
export async function holdForGood(page: Page): Promise<void> {
  await page.route("**/api/**", () => undefined);
}
