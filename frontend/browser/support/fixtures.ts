import type { Browser, BrowserContextOptions } from "playwright-core";
import { test as base, expect } from "vitest";
import { Chain, type ChainOptions } from "./chain.ts";
import { launch } from "./chromium.ts";
import { Visit } from "./visit.ts";

export { expect };

interface Fixtures {
  browser: Browser;
  /** The platform of this file. */
  chain: Chain;
  /** Somebody comes. Ends with the test, which fails if their console complained. */
  arrive: (options?: BrowserContextOptions) => Promise<Visit>;
  visit: Visit;
}

/** Tests with a platform of their file's own. */
export function testWith(options: ChainOptions = {}) {
  return base.extend<Fixtures>({
    browser: [
      async ({}, use) => {
        const browser = await launch();
        await use(browser);
        await browser.close();
      },
      { scope: "worker" },
    ],
    chain: [
      async ({}, use) => {
        const chain = await Chain.start(options);
        await use(chain);
        await chain.stop();
      },
      { scope: "file" },
    ],
    arrive: async ({ browser, chain, task }, use) => {
      const visits: Visit[] = [];
      await use(async (of) => {
        const visit = await Visit.start(browser, chain.app, of);
        visits.push(visit);
        return visit;
      });
      const failed = task.result?.state === "fail";
      if (failed) await explain(visits, chain);
      for (const visit of visits) await visit.context.close();
      if (!failed) expect(visits.flatMap((visit) => visit.complaints())).toEqual([]);
    },
    visit: async ({ arrive }, use) => use(await arrive()),
  });
}

export const test = testWith();

/** What a person who looks at a failed test asks for first. */
async function explain(visits: Visit[], chain: Chain): Promise<void> {
  for (const { page } of visits) {
    const shown = await page.locator("body").ariaSnapshot().catch(String);
    console.error(`--- ${page.url()}\n${shown}`);
  }
  console.error(visits.flatMap((visit) => visit.complaints()).join("\n"));
  console.error(chain.logs());
}
