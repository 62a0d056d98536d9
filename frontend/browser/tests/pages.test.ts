import type { Page } from "playwright-core";
import { loaded } from "../support/app.ts";
import { barriers, firstPaint, overflow, scrollsSideways, shifts } from "../support/audit.ts";
import { expect, test } from "../support/fixtures.ts";
import { paintBetween } from "../support/hold.ts";
import { dressed, places } from "../support/places.ts";

const NARROW = { viewport: { width: 360, height: 740 } };

for (const [name, place] of Object.entries(places)) {
  test(`${name}: no barrier, in light and dark`, async ({ chain, visit }) => {
    const { page } = visit;
    visit.expects(/status of 404/);
    await dressed(visit, chain, place);
    await visit.open(await place.path(chain));
    await loaded(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await barriers(page), colorScheme).toEqual([]);
    }
    await page.setViewportSize(NARROW.viewport);
    expect(await barriers(page), "narrow").toEqual([]);
  });

  for (const options of [{}, NARROW]) {
    const width = options === NARROW ? "narrow" : "wide";
    test(`${name}, ${width}: nothing moves, nothing is asked for twice, nothing hangs over`, async ({
      chain,
      arrive,
    }) => {
      const visit = await arrive(options);
      const { page } = visit;
      visit.expects(/status of 404/);
      await dressed(visit, chain, place);
      await paintBetween(page);
      await visit.open(await place.path(chain));
      await loaded(page);
      expect(await shifts(page)).toEqual([]);
      expect(twice(visit.requests.map(({ method, target }) => `${method} ${target}`))).toEqual([]);
      expect(await overflow(page)).toEqual([]);
      expect(await scrollsSideways(page)).toBe(false);
      console.log(
        `first paint of ${name}, ${width}: ${Math.round((await firstPaint(page)) ?? Number.NaN)} ms`,
      );
    });
  }
}

test("without JavaScript the page says what it lacks", async ({ arrive }) => {
  const visit = await arrive({ javaScriptEnabled: false });
  await visit.open("/");
  // Locators by text pass over this element.
  expect(await visit.page.locator("body").innerText()).toContain("needs JavaScript");
});

test("the first page's scripts are at most 40 KiB when compressed", async ({ visit }) => {
  const sizes: Promise<number>[] = [];
  const isScript = (url: string) => url.endsWith(".js");
  visit.page.on("response", (response) => {
    if (isScript(response.url())) sizes.push(compressed(response.body()));
  });
  await visit.open("/");
  await loaded(visit.page);
  const sum = (await Promise.all(sizes)).reduce((all, size) => all + size, 0);
  console.log(`scripts of the first page, gzip: ${sum} octets`);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(40 * 1024);
});

test("reduced motion and forced colours hide nothing", async ({ visit }) => {
  const { page } = visit;
  await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
  await visit.open("/");
  await loaded(page);
  expect(await visibleText(page)).toContain("Harbour Bakery");
});

async function compressed(body: Promise<Buffer>): Promise<number> {
  const { gzipSync } = await import("node:zlib");
  return gzipSync(await body).length;
}

function visibleText(page: Page): Promise<string> {
  return page.getByRole("main").innerText();
}

function twice(all: string[]): string[] {
  return all.filter((each, index) => all.indexOf(each) !== index);
}

test("text twice as large fits a narrow window", async ({ chain, arrive }) => {
  const visit = await arrive(NARROW);
  // With those of the example data more than a page, for the buttons to the next.
  for (let number = 0; number < 12; number += 1) await chain.api.service(`Large Print ${number}`);
  await visit.open("/");
  await visit.page.evaluate(() => {
    document.documentElement.style.fontSize = "200%";
  });
  await visit.page.getByRole("button", { name: "Next page" }).waitFor();
  expect(await overflow(visit.page)).toEqual([]);
});
