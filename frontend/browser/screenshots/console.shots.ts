import type { Page } from "playwright-core";
import { enter, heading, isLive, troubles } from "../support/console.ts";
import { testWith } from "../support/fixtures.ts";
import { rooms } from "../support/rooms.ts";
import { eventually } from "../support/wait.ts";
import { consoleLooks, take } from "./looks.ts";

const test = testWith({ console: true });

const PROBLEM = {
  type: "urn:uptake:problem:jetstream-unavailable",
  title: "JetStream does not do this now",
  status: 503,
  detail: "It takes no messages.",
};

/** What is live and what is listed; who is signed in is told all the same. */
const FIGURES = /\/console\/api\/(?!session)/;

async function settled(page: Page): Promise<void> {
  await isLive(page);
  await eventually("nothing is busy", async () => (await page.locator("[aria-busy=true]").count()) === 0);
}

for (const look of consoleLooks) {
  for (const [name, room] of Object.entries(rooms)) {
    test(`console ${name}, filled, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      visit.expects(/status of 404/);
      await enter(visit, await room(chain));
      await settled(visit.page);
      await take(visit.page, `console-${name}-filled`, look);
    });

    test(`console ${name}, loading, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      await visit.page.route(FIGURES, () => undefined);
      await enter(visit, await room(chain));
      await take(visit.page, `console-${name}-loading`, look);
    });

    test(`console ${name}, failed, ${look.name}`, async ({ chain, arrive }) => {
      const visit = await arrive(look.options);
      visit.expects(/status of 503/);
      const answer = { status: 503, contentType: "application/problem+json", body: JSON.stringify(PROBLEM) };
      await visit.page.route(FIGURES, (route) => route.fulfill(answer));
      await enter(visit, await room(chain));
      await visit.page.getByText("not live").waitFor();
      await take(visit.page, `console-${name}-failed`, look);
    });
  }

  test(`console signed out, ${look.name}`, async ({ arrive }) => {
    const visit = await arrive(look.options);
    visit.expects(/status of 401/);
    await visit.open("/");
    await heading(visit.page, "Sign in").waitFor();
    await visit.page.getByLabel("Token").fill("guess");
    await visit.page.getByRole("button", { name: "Sign in" }).click();
    await visit.page.getByText("This token is wrong.").waitFor();
    await take(visit.page, "console-signed-out", look);
  });

  test(`console many chosen, ${look.name}`, async ({ chain, arrive }) => {
    const visit = await arrive(look.options);
    const { page } = visit;
    await enter(visit, (await rooms["dead-letters"]?.(chain)) ?? "/dead-letters");
    await page.getByRole("checkbox", { name: "Select all shown" }).check();
    await page.getByRole("button", { name: "Delete all that match" }).click();
    await page.getByRole("button", { name: /^Delete \d+$/ }).waitFor();
    await take(page, "console-delete-asks", look, false);
  });
}

const ill = testWith({ console: true });

for (const look of consoleLooks) {
  ill(`console without a worker, ${look.name}`, async ({ chain, arrive }) => {
    const visit = await arrive(look.options);
    for (const worker of chain.programs("hello")) await worker.kill();
    const stop = new AbortController();
    const call = () => fetch(`${chain.api.base}/hello`, { signal: stop.signal }).catch(() => undefined);
    const waiting = Promise.all([call(), call(), call()]);
    await enter(visit);
    await troubles(visit.page).getByText("no worker").waitFor();
    await take(visit.page, "console-no-worker", look);
    stop.abort();
    await waiting;
  });
}

const empty = testWith({ console: true, bare: true });

for (const look of consoleLooks) {
  empty(`console empty, ${look.name}`, async ({ arrive }) => {
    const visit = await arrive(look.options);
    visit.expects(/status of 404/);
    await enter(visit);
    for (const name of ["", "streams", "jobs", "dead-letters"]) {
      await visit.open(`/${name}`);
      await settled(visit.page);
      await take(visit.page, `console-${name || "overview"}-empty`, look);
    }
  });
}
