import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { loaded } from "../support/app.ts";
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
