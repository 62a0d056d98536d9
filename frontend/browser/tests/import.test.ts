import type { Page } from "playwright-core";
import { crowd, everyPair, importFile, midway } from "../support/csv.ts";
import { expect, test } from "../support/fixtures.ts";

const ended = (page: Page, how: string) => page.getByRole("heading", { level: 2, name: `Import ${how}` });

test("a file is imported, and what was refused is told line by line", async ({ chain, visit }) => {
  const { page } = visit;
  await chain.api.user("Ilse Import");
  await chain.api.service("Depot");
  await visit.open("/import");
  const lines = [
    "service,user,score,comment",
    'Depot,Ilse Import,4.5,"Twice,',
    'as said"',
    "Depot,Nobody,4,",
    "Depot,Ilse Import,7,",
  ];
  await importFile(page, `${lines.join("\r\n")}\r\n`);
  await ended(page, "finished").waitFor();
  const table = page.getByRole("table", { name: "Refused lines" });
  await table.getByText("no user is called Nobody").waitFor();
  expect(await table.getByRole("row").count()).toBe(3);
  await page.reload();
  await table.getByText("no user is called Nobody").waitFor();
  const [depot] = await chain.api.servicesCalled("Depot");
  if (depot === undefined) throw new Error("no Depot");
  expect((await chain.api.ratingsOf(depot)).map(({ comment }) => comment?.replace("\r", ""))).toEqual([
    "Twice,\nas said",
  ]);
});

test("an import shows its progress, survives a reload and the death of its worker, and ends", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const everyone = await crowd(chain.api, "Sleeper", 100, 40);
  await visit.open("/import");
  await importFile(page, everyPair(everyone));
  await midway(page);
  chain.single("rating-service").signal("SIGSTOP");
  await page.reload();
  await midway(page);
  await chain.single("rating-service").kill();
  await chain.startWorker();
  await ended(page, "finished").waitFor({ timeout: 50_000 });
  await page.getByRole("main").getByText("4,000").first().waitFor();
  for (const service of everyone.services) expect(await chain.api.ratingsOf(service)).toHaveLength(100);
});

test("an import is followed to its end although its proxy dies", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/net::ERR_/);
  const everyone = await crowd(chain.api, "Follower", 60, 30);
  await visit.open("/import");
  await importFile(page, everyPair(everyone));
  await midway(page);
  chain.single("rating-service").signal("SIGSTOP");
  await chain.single("proxy").kill();
  await chain.startProxy();
  chain.single("rating-service").signal("SIGCONT");
  await ended(page, "finished").waitFor();
  for (const service of everyone.services) expect(await chain.api.ratingsOf(service)).toHaveLength(60);
});

test("an import is cancelled: what is done stays, what is not is left", async ({ chain, visit }) => {
  const { page } = visit;
  const { users, services } = await crowd(chain.api, "Canceller", 80, 50);
  await visit.open("/import");
  await importFile(page, everyPair({ users, services }));
  await midway(page);
  chain.single("rating-service").signal("SIGSTOP");
  await page.getByRole("button", { name: "Cancel import" }).click();
  await visit.settled("DELETE", 200);
  chain.single("rating-service").signal("SIGCONT");
  await ended(page, "cancelled").waitFor();
  const [first, last] = [services[0], services.at(-1)];
  if (first === undefined || last === undefined) throw new Error("no services");
  expect(await chain.api.ratingsOf(first)).not.toEqual([]);
  expect(await chain.api.ratingsOf(last)).toEqual([]);
});

test("the example can be downloaded and imported; text that is dropped does not take it away", async ({
  visit,
}) => {
  const { page } = visit;
  await visit.open("/import");
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download an example" }).click();
  const example = await coming;
  expect(example.suggestedFilename()).toBe("ratings-example.csv");
  await page.getByLabel("CSV file").setInputFiles(await example.path());
  await page.getByLabel("First lines of the file").waitFor();
  await page.getByLabel("CSV file").evaluate((input) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.setData("text/plain", "some words");
    input.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
  });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await ended(page, "finished").waitFor();
  expect(await page.getByRole("table", { name: "Refused lines" }).count()).toBe(0);
});

test("a file that is too large, or lacks a column, is not even sent", async ({ visit }) => {
  const { page } = visit;
  await visit.open("/import");
  const chooses = (name: string, buffer: Buffer) =>
    page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer });
  await chooses("huge.csv", Buffer.alloc(600 * 1024, "a"));
  await page.getByText(/This file is too large: at most \d+ KiB/).waitFor();
  await chooses("wrong.csv", Buffer.from("service,stars\nA,5\n"));
  await page.getByText("It lacks: user, score.").waitFor();
  expect(await page.getByRole("button", { name: "Import", exact: true }).isEnabled()).toBe(false);
  expect(visit.writes()).toEqual([]);
});
