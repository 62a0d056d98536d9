import type { Page } from "playwright-core";
import { rate, title } from "../support/app.ts";
import { overflow, scrollsSideways } from "../support/audit.ts";
import { expect, test } from "../support/fixtures.ts";
import { NAMES, UNBREAKABLE } from "../support/names.ts";

for (const [kind, name] of Object.entries(NAMES)) {
  test(`a name with ${kind} is shown as it is, everywhere`, async ({ chain, arrive }) => {
    const visit = await arrive({ viewport: { width: 360, height: 740 } });
    const { page } = visit;
    const service = await chain.api.service(name, name);
    const user = await chain.api.user(name);
    await visit.becomes(user);
    await visit.open(`/services/${service.id}`);
    await title(page, name).waitFor();
    await rate(page, "5 stars", name);
    await visit.settled("POST", 201);
    expect(await page.title()).toBe(`${name} · Ratings`);
    await fits(page, kind);

    for (const path of [`/?name=${encodeURIComponent(name.slice(0, 20))}`, `/users/${user.id}`, "/users"]) {
      await visit.open(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByRole("main").getByText(name, { exact: true }).first().waitFor();
      await fits(page, kind);
      expect(await page.title()).not.toBe("owned");
    }
  });
}

/** Nothing is cut off, but a letter that cannot be broken and is wider than the window. */
async function fits(page: Page, kind: string): Promise<void> {
  expect(await scrollsSideways(page)).toBe(false);
  if (kind !== UNBREAKABLE) expect(await overflow(page)).toEqual([]);
}
