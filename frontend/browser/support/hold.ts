import type { Page } from "playwright-core";

/** Holds what the API answers until the page has painted without it: only then could anything move when it comes. */
export async function holdUntilPainted(page: Page): Promise<void> {
  await page.route("**/api/**", async (route) => {
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    await route.continue();
  });
}

/** Holds what the API answers for good. */
export async function holdForGood(page: Page): Promise<void> {
  await page.route("**/api/**", () => undefined);
}
