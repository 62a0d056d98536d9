import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { loaded } from "../support/app.ts";
import { begin, enter, helloAnew, isLive } from "../support/console.ts";
import { crowd, everyPair, importFile, midway } from "../support/csv.ts";
import { testWith } from "../support/fixtures.ts";
import { imagesDir } from "../support/paths.ts";
import { afterScene } from "../support/scenes.ts";
import { withoutScrollbar } from "./looks.ts";

/** The images of the documents, of the example data, on a platform where nothing else has happened. */
const test = testWith();

const WINDOW = { viewport: { width: 1200, height: 750 }, reducedMotion: "reduce", locale: "en-GB" } as const;

async function image(page: Page, name: string): Promise<void> {
  await mkdir(imagesDir, { recursive: true });
  await withoutScrollbar(page);
  await page.screenshot({ path: join(imagesDir, `${name}.png`), animations: "disabled" });
}

test("the services", async ({ chain, arrive }) => {
  const visit = await arrive(WINDOW);
  const [user] = await chain.api.usersCalled("Elif Yıldız");
  if (user !== undefined) await visit.becomes(user);
  await visit.open("/");
  await loaded(visit.page);
  await image(visit.page, "services");
});

test("a service", async ({ chain, arrive }) => {
  const viewport = { width: 1200, height: 860 };
  const visit = await arrive({ ...WINDOW, viewport, colorScheme: "dark" });
  const [user] = await chain.api.usersCalled("Elif Yıldız");
  const [service] = await chain.api.servicesCalled("Lantern Books");
  if (user !== undefined) await visit.becomes(user);
  await visit.open(`/services/${service?.id}`);
  await loaded(visit.page);
  await image(visit.page, "service");
});

test("an import", async ({ chain, arrive, onTestFinished }) => {
  const visit = await arrive({ ...WINDOW, viewport: { width: 1200, height: 420 } });
  onTestFinished(() => afterScene(chain));
  const guests = await crowd(chain.api, "Guest", 70, 40);
  const [user] = await chain.api.usersCalled("Elif Yıldız");
  if (user !== undefined) await visit.becomes(user);
  await visit.open("/import");
  await importFile(visit.page, everyPair(guests));
  await midway(visit.page, 30);
  chain.single("rating-service").signal("SIGSTOP");
  await image(visit.page, "import");
});

const operated = testWith({ console: true });

/** How long there is something to be seen, in ms: less would be half a line. */
const LOAD_MS = 100_000;

/** What many people do, more of them at times. */
async function crowded(base: string, until: number): Promise<void> {
  const paths = ["/services", "/users", "/ratings?limit=5", "/hello", "/hello/work?ms=40", "/services/none"];
  const client = async (number: number) => {
    for (let turn = number; Date.now() < until; turn += 1) {
      await (await fetch(base + paths[turn % paths.length])).text();
      const isBusy = Math.sin(Date.now() / 9_000) > number / 6 - 0.6;
      await sleep(isBusy ? 15 : 200);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, number) => client(number)));
}

operated(
  "the console",
  async ({ chain, arrive }) => {
    // So few permits that some must wait.
    await helloAnew(chain, ["--permits", "2"]);
    const until = Date.now() + LOAD_MS;
    const going = crowded(`http://127.0.0.1:${chain.port}/api`, until + 30_000);
    await begin(chain, "work?steps=900&ms=200");
    for (const colorScheme of ["light", "dark"] as const) {
      const viewport = { width: 1200, height: 1180 };
      const visit = await arrive({ ...WINDOW, viewport, colorScheme });
      await enter(visit);
      await isLive(visit.page);
      await visit.page.waitForTimeout(Math.max(6_000, until - Date.now()));
      await image(visit.page, colorScheme === "light" ? "console-overview" : "console-overview-dark");
    }
    await going;
  },
  LOAD_MS * 3,
);
