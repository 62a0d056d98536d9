import type { Page } from "playwright-core";
import { loaded } from "../support/app.ts";
import { test, testWith } from "../support/fixtures.ts";
import { holdForGood } from "../support/hold.ts";
import { dressed, places } from "../support/places.ts";
import { looks, take } from "./looks.ts";

/** What the API answers when it cannot. */
const PROBLEM = {
  type: "urn:uptake:problem:stream-unavailable",
  title: "Not available",
  status: 503,
  detail: "The stream takes no messages.",
  requestId: "af0bde6a812921b2-3",
};

async function refuse(page: Page): Promise<void> {
  const answer = { status: 503, contentType: "application/problem+json", body: JSON.stringify(PROBLEM) };
  // Longer than a page waits by itself, so that it says so at once.
  await page.route("**/api/**", (route) => route.fulfill({ ...answer, headers: { "retry-after": "60" } }));
}

for (const look of looks) {
  for (const [name, place] of Object.entries(places)) {
    test(`${name}, filled, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      visit.expects(/status of 404/);
      await dressed(visit, chain, place);
      await visit.open(await place.path(chain));
      await loaded(visit.page);
      await take(visit.page, `${name}-filled`, look);
    });

    test(`${name}, loading, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      const { page } = visit;
      await holdForGood(page);
      await visit.open(await place.path(chain));
      await page.getByRole("heading", { level: 1 }).waitFor();
      await take(page, `${name}-loading`, look);
    });

    test(`${name}, failed, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      visit.expects(/status of 503/);
      const { page } = visit;
      await refuse(page);
      await visit.open(await place.path(chain));
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      await take(page, `${name}-failed`, look);
    });
  }
}

const empty = testWith({ seed: false });

for (const look of looks) {
  empty(`empty, ${look.name}`, async ({ arrive }) => {
    const visit = await arrive(look.options);
    for (const name of ["services", "users"]) {
      await visit.open(name === "services" ? "/" : "/users");
      await loaded(visit.page);
      await take(visit.page, `${name}-empty`, look);
    }
    await visit.open("/?name=zzz");
    await loaded(visit.page);
    await take(visit.page, "services-nothing-found", look);
  });
}
