import { notices, openToRate, rate, title, yourRating } from "../support/app.ts";
import { importFile } from "../support/csv.ts";
import { expect, test } from "../support/fixtures.ts";

/** People who go on before the page is done with what they did. */

test("what one types behind a deletion is still there when that is sent", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Second Draft"), await chain.api.user("Nora Writes")];
  await chain.api.rate(service, user, 1, "Too harsh.");
  await visit.becomes(user);
  await visit.open(`/services/${service.id}`);
  await yourRating(page).getByRole("button", { name: "Delete" }).click();
  const comment = yourRating(page).getByRole("textbox", { name: "Comment" });
  await comment.fill("On second thoughts …");
  await visit.settled("DELETE", 204);
  // Whatever the answer does to the page it has done by then.
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 100)));
  expect(await comment.inputValue()).toBe("On second thoughts …");
});

test("what is edited while it is being saved is not lost when it is saved", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Third Draft"), await chain.api.user("Olaf Edits")];
  await visit.becomes(user);
  await openToRate(visit, service);
  chain.single("rating-service").signal("SIGSTOP");
  await rate(page, "2 stars", "First words.");
  await yourRating(page).getByRole("button", { name: "Edit" }).click();
  const comment = yourRating(page).getByRole("textbox", { name: "Comment" });
  await comment.fill("Better words.");
  chain.single("rating-service").signal("SIGCONT");
  await visit.settled("POST", 201);
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 100)));
  await yourRating(page).getByRole("button", { name: "Save changes" }).click();
  await visit.settled("PATCH", 200);
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ score: 2, comment: "Better words." }]);
});

test("who closes the dialog while a service is added stays where they are", async ({ chain, visit }) => {
  const { page } = visit;
  await visit.open("/");
  await page.getByRole("button", { name: "Add service" }).click();
  const dialog = page.getByRole("dialog", { name: "Add service" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Unhurried");
  chain.single("rating-service").signal("SIGSTOP");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  chain.single("rating-service").signal("SIGCONT");
  await notices(page).getByText("Unhurried was added").waitFor();
  await title(page, "Services").waitFor();
});

test("a file in other characters is not sent, and columns may be in capitals", async ({ chain, visit }) => {
  const { page } = visit;
  await chain.api.user("Paula Caps");
  const service = await chain.api.service("Café Caps");
  await visit.open("/import");
  const text = "Service,User,Score\nCafé Caps,Paula Caps,4\n";
  const latin = { name: "latin.csv", mimeType: "text/csv", buffer: Buffer.from(text, "latin1") };
  await page.getByLabel("CSV file").setInputFiles(latin);
  await page.getByText("This file is not in UTF-8.").waitFor();
  expect(visit.writes()).toEqual([]);
  await importFile(page, text);
  await page.getByRole("heading", { level: 2, name: "Import finished" }).waitFor();
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ score: 4 }]);
});

test("a report that does not come is asked for again, and is no failed import", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/Failed to load resource/);
  await chain.api.user("Quentin Patient");
  await chain.api.service("Archive");
  await page.route("**/api/-/jobs/*/response", (route) => route.abort());
  await visit.open("/import");
  await importFile(page, "service,user,score\nArchive,Quentin Patient,3\n");
  const unseen = page.getByRole("alert").filter({ hasText: "The report cannot be shown" });
  await unseen.waitFor();
  await page.unroute("**/api/-/jobs/*/response");
  await unseen.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 2, name: "Import finished" }).waitFor();
});
