import type { Page } from "playwright-core";
import { loaded } from "../support/app.ts";
import { barriers, firstPaint, overflow, scrollsSideways, shifts } from "../support/audit.ts";
import type { Chain } from "../support/chain.ts";
import { expect, test } from "../support/fixtures.ts";
import { holdUntilPainted } from "../support/hold.ts";

const NARROW = { viewport: { width: 360, height: 740 } };

const places: [name: string, path: (chain: Chain) => Promise<string>][] = [
  ["the services", async () => "/"],
  ["a search without a find", async () => "/?name=zzz"],
  ["a service", async (chain) => `/services/${(await chain.api.servicesCalled("Lantern Books"))[0]?.id}`],
  ["the users", async () => "/users"],
  ["a user", async (chain) => `/users/${(await chain.api.usersCalled("Elif Yıldız"))[0]?.id}`],
  ["the import", async () => "/import"],
  ["a page that is not there", async () => "/nowhere"],
];

for (const [name, path] of places) {
  test(`${name}: no barrier, in light and dark`, async ({ chain, visit }) => {
    const { page } = visit;
    await visit.open(await path(chain));
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
      await holdUntilPainted(page);
      await visit.open(await path(chain));
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
