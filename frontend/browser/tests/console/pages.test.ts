import { barriers, overflow, scrollsSideways, shifts } from "../../support/audit.ts";
import { TOKEN } from "../../support/chain.ts";
import { enter, heading, isLive } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";
import { rooms } from "../../support/rooms.ts";
import type { Visit } from "../../support/visit.ts";
import { eventually } from "../../support/wait.ts";

const test = testWith({ console: true });

/** What is live is always asked for: a page is there when it has figures and nothing else is busy. */
async function settled({ page }: Visit): Promise<void> {
  await isLive(page);
  await eventually("nothing is busy", async () => (await page.locator("[aria-busy=true]").count()) === 0);
}

for (const [name, room] of Object.entries(rooms)) {
  test(`${name}: a reload brings it back; no barrier in light and dark; nothing hangs over`, async ({
    chain,
    visit,
  }) => {
    const { page } = visit;
    visit.expects(/status of 404/);
    await enter(visit, await room(chain));
    await settled(visit);
    const title = await page.getByRole("heading", { level: 1 }).innerText();
    await page.reload();
    await settled(visit);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe(title);
    expect(await shifts(page)).toEqual([]);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await barriers(page), colorScheme).toEqual([]);
    }
    await page.setViewportSize({ width: 360, height: 740 });
    await settled(visit);
    expect(await barriers(page), "narrow").toEqual([]);
    expect(await overflow(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
  });
}

test("the page for signing in has no barrier", async ({ visit }) => {
  visit.expects(/status of 401/);
  await visit.open("/");
  await heading(visit.page, "Sign in").waitFor();
  for (const colorScheme of ["light", "dark"] as const) {
    await visit.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await barriers(visit.page), colorScheme).toEqual([]);
  }
});

test("without a mouse one signs in, goes to a page, and opens what is there", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/status of 401/);
  await rooms["dead-letters"]?.(chain);
  await visit.open("/dead-letters");
  await heading(page, "Sign in").waitFor();
  await page.getByLabel("Token").focus();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("checkbox", { name: "Select all shown" }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Delete selected" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: /^Delete \d+ dead letters?\?$/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("reduced motion and forced colours hide nothing", async ({ visit }) => {
  const { page } = visit;
  await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
  await enter(visit);
  await settled(visit);
  expect(await page.getByRole("main").innerText()).toContain("rating-service");
});
