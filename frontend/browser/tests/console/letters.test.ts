import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import type { Chain } from "../../support/chain.ts";
import { attempts, DEAD, die, enter, heading, helloAnew, reaches, row } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";
import { eventually } from "../../support/wait.ts";

const test = testWith({ console: true });

/** More than one request counts, and more than one deletes. `DEAD_LETTERS=10000` takes some minutes. */
const MANY = Number(process.env.DEAD_LETTERS ?? 1_200);
/** How long what is done to all of them may take, in ms. */
const LONG = 60_000 + 30 * MANY;

// What a test that failed has left is not the next one's.
test.beforeEach(async ({ chain }) => {
  await chain.nats.purge(DEAD);
  await eventually("there is none", async () => (await chain.nats.waiting(DEAD)) === 0);
});

/** The number of the newest dead letter that is shown. */
async function newest(page: Page): Promise<number> {
  const links = page.getByRole("table", { name: "Dead letters" }).getByRole("link");
  await links.last().waitFor();
  return Number(await links.last().innerText());
}

const box = (page: Page, number: number) =>
  page.getByRole("checkbox", { name: `Select dead letter ${number}`, exact: true });

/** Jobs of `hello` that died, with a worker by which they would not die again. */
async function dead(chain: Chain, count: number): Promise<string[]> {
  await helloAnew(chain, attempts(1));
  const ids = await die(chain, count);
  await helloAnew(chain, attempts(2));
  return ids;
}

async function isEmpty(page: Page): Promise<void> {
  await page.getByText("There are no dead letters.").waitFor();
}

test("a dead letter is read, redriven, and its job is done", async ({ chain, visit }) => {
  const { page } = visit;
  const [id = ""] = await dead(chain, 1);
  await enter(visit, "/dead-letters");
  const number = await newest(page);
  await row(page, "Dead letters", /\/hello\/jobs\/fail.*Attempts failed hello 1 500/).waitFor();
  await page.getByRole("link", { name: String(number), exact: true }).click();
  await heading(page, `Dead letter ${number}`).waitFor();
  const why = page.getByRole("region", { name: "Why it died" });
  await why.getByText("Attempts failed (attempts-failed)").waitFor();
  await why.getByRole("link", { name: id }).waitFor();
  await page.getByRole("region", { name: "Message" }).getByText("/hello/jobs/fail?times=1").first().waitFor();
  await page.getByRole("button", { name: "Redrive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await heading(page, `Job ${id}`).waitFor();
  await page.getByRole("region", { name: "Record" }).getByText("Done").waitFor();
  await reaches(chain, id, "done");
  await page.goBack();
  await isEmpty(page);
});

test("some are redriven, one is deleted, all others of a filter are redriven, and the list is fresh each time", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const ids = await dead(chain, 5);
  await enter(visit, "/dead-letters?cause=attempts-failed");
  const last = await newest(page);
  for (const number of [last - 1, last]) await box(page, number).check();
  await page.getByRole("button", { name: "Redrive selected" }).click();
  const dialog = page.getByRole("dialog");
  await page.getByRole("dialog", { name: "Redrive 2 dead letters?" }).waitFor();
  await dialog.getByRole("button", { name: "Redrive 2", exact: true }).click();
  await dialog.getByText("Done. 2 of 2 redriven.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await box(page, last).waitFor({ state: "detached" });
  for (const id of ids.slice(-2)) await reaches(chain, id, "done");

  await box(page, last - 2).check();
  await page.getByRole("button", { name: "Delete selected" }).click();
  await dialog.getByRole("button", { name: "Delete 1", exact: true }).click();
  await dialog.getByText("Done. 1 of 1 deleted.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await box(page, last - 2).waitFor({ state: "detached" });

  await page.getByRole("combobox", { name: "Service" }).selectOption("hello");
  await page.getByRole("button", { name: "Redrive all that match" }).click();
  await page.getByRole("dialog", { name: "Redrive 2 dead letters?" }).waitFor();
  await dialog.getByText("All of the service hello with the cause attempts-failed.").waitFor();
  await dialog.getByRole("button", { name: "Redrive 2", exact: true }).click();
  await dialog.getByText("Done. 2 of 2 redriven.").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByText("No dead letter matches.").waitFor();
  for (const id of ids.slice(0, 2)) await reaches(chain, id, "done");
});

test("what cannot be redriven is listed with its reason, and one is not asked twice", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  visit.expects(/status of 409/);
  await dead(chain, 1);
  await chain.nats.publish("uptake.job.post.hello.jobs.fail");
  await eventually("both are there", async () => (await chain.nats.waiting(DEAD)) === 2);
  await enter(visit, "/dead-letters");
  await eventually("both are shown", async () => (await page.getByRole("checkbox").count()) === 3);
  await page.getByRole("checkbox", { name: "Select all shown" }).check();
  await page.getByRole("button", { name: "Redrive selected" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Redrive 2", exact: true }).dblclick();
  await dialog.getByText("Done. 1 of 2 redriven, 1 not.").waitFor();
  await dialog.getByRole("region", { name: "Not redriven" }).getByRole("listitem").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await row(page, "Dead letters", /Undecodable/)
    .getByRole("link")
    .click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await isEmpty(page);
});

test(
  "of many only a page is read; all are counted, stopped in the middle, and deleted",
  async ({ chain, visit }) => {
    const { page } = visit;
    const begun = Date.now();
    const tell = (what: string) => console.log(`${what} after ${Math.round((Date.now() - begun) / 1000)} s`);
    const inWords = MANY.toLocaleString("en");
    await chain.nats.publish("uptake.job.post.hello.jobs.none", MANY);
    await enter(visit, "/");
    await page.getByRole("term").filter({ hasText: "Dead letters" }).waitFor();
    await page.getByRole("definition").getByText(inWords, { exact: true }).waitFor({ timeout: LONG });
    tell(`${inWords} dead letters`);
    visit.requests.length = 0;
    await page.getByRole("link", { name: /^Dead letters \d/ }).click();
    const boxes = page.getByRole("checkbox", { name: /^Select dead letter/ });
    await eventually("a page is shown", async () => (await boxes.count()) === 50);
    await page.getByRole("button", { name: "Show more" }).click();
    await eventually("two pages are shown", async () => (await boxes.count()) === 100);
    expect(visit.requests.filter(({ target }) => target.includes("/dead-letters?"))).toHaveLength(2);

    await page.getByRole("button", { name: "Delete all that match" }).click();
    const dialog = page.getByRole("dialog");
    await page.getByRole("dialog", { name: `Delete ${inWords} dead letters?` }).waitFor();
    const first = dialog.getByRole("button", { name: `Delete ${inWords}` });
    await eventually("they are counted", async () => (await first.getAttribute("aria-disabled")) === "false");
    tell("counted");
    await first.click();
    await dialog.getByText(new RegExp(`^[1-9][\\d,]* of ${inWords} deleted`)).waitFor();
    await dialog.getByRole("button", { name: "Stop" }).click();
    await dialog.getByText(new RegExp(`^Stopped\\. [\\d,]+ of ${inWords} deleted`)).waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Delete all that match" }).click();
    const rest = dialog.getByRole("button", { name: /^Delete [\d,]+$/, disabled: false });
    await rest.click();
    await dialog.getByText(/^Done\. /).waitFor({ timeout: LONG });
    tell("deleted");
    await dialog.getByRole("button", { name: "Close" }).click();
    await isEmpty(page);
  },
  2 * LONG,
);

test("a body of any octets is shown as what it is, downloaded as it came, and never becomes a part of the page", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  await helloAnew(chain, attempts(1));
  const hostile = '<img src="x" onerror="alert(1)">\u202e<script>alert(2)</script>';
  const headers = {
    prefer: "respond-async",
    "x-long": "y".repeat(8_000),
    "x-odd": Buffer.from("\u202eevil <b>bold</b>").toString("latin1"),
  };
  const target = `${chain.api.base}/hello/jobs/fail?times=9&q=${"z".repeat(3_000)}`;
  const accepted = await fetch(target, { method: "POST", headers, body: hostile });
  expect(accepted.status).toBe(202);
  await eventually("it has died", async () => (await chain.nats.waiting(DEAD)) === 1);
  await enter(visit, "/dead-letters");
  await page.getByRole("link", { name: String(await newest(page)), exact: true }).click();
  const body = page.getByRole("region", { name: "Body" });
  await body.getByText('<img src="x" onerror="alert(1)">\\u202e<script>alert(2)</script>').waitFor();
  expect(await page.locator("main img, main script, main b b").count()).toBe(0);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download body" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toBe(hostile);
  await page.setViewportSize({ width: 360, height: 740 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(await wide()).toBe(false);
});
