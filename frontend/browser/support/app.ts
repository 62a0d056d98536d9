import type { Locator, Page } from "playwright-core";
import type { Service } from "./api.ts";
import type { Visit } from "./visit.ts";
import { eventually } from "./wait.ts";

/** Names of the app's parts, as people and screen readers find them. */

export const title = (page: Page, name: string): Locator =>
  page.getByRole("heading", { level: 1, name, exact: true });

export const yourRating = (page: Page): Locator => page.getByRole("region", { name: "Your rating" });

export const stars = (page: Page, name: string): Locator =>
  yourRating(page).getByRole("radio", { name, exact: true });

/** The articles of a list, such as "Services". */
export const articles = (page: Page, list: string): Locator =>
  page.getByRole("list", { name: list, exact: true }).getByRole("article");

/** The average and the count at the head of a service's page. */
export const figures = (page: Page, average: string, count: string): Locator =>
  page.locator(".big-average").filter({ hasText: new RegExp(`^${average}.*\\b${count}$`) });

export const notices = (page: Page): Locator => page.getByRole("region", { name: "Notifications" });

/** Opens the page of a service and waits until one can rate there. */
export async function openToRate(visit: Visit, service: Service): Promise<void> {
  await visit.open(`/services/${service.id}`);
  await title(visit.page, service.name).waitFor();
  await stars(visit.page, "1 star").waitFor({ state: "attached" });
}

/** Rates with the mouse, on the page of the service. */
export async function rate(page: Page, score: string, comment: string): Promise<void> {
  await stars(page, score).check({ force: true });
  await yourRating(page).getByRole("textbox", { name: "Comment" }).fill(comment);
  await yourRating(page).getByRole("button", { name: "Rate", exact: true }).click();
}

/** Begins to edit one's rating, and waits until the page knows which state of it is edited. */
export async function beginEdit(page: Page): Promise<void> {
  const looked = page.waitForResponse((answer) => /\/api\/ratings\/[^/?]+$/.test(answer.url()));
  await yourRating(page).getByRole("button", { name: "Edit" }).click();
  await (await looked).finished();
}

const TABS = 60;

/** Goes on by the Tab key until `target` has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let tab = 0; tab < TABS; tab += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${TABS} presses of Tab did not lead to ${target}`);
}

/** Waits until the element is the focused one. */
export async function hasFocus(target: Locator): Promise<void> {
  const isFocused = () => target.evaluate((element) => element === document.activeElement);
  await eventually(`${target} has the focus`, isFocused);
}

/** Waits until the page has all that it asked for. */
export async function loaded(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForLoadState("networkidle");
  await eventually("nothing is busy", async () => (await page.locator("[aria-busy=true]").count()) === 0);
}
