import { articles, figures, hasFocus, notices, stars, tabTo, title, yourRating } from "../support/app.ts";
import { expect, test } from "../support/fixtures.ts";
import { eventually } from "../support/wait.ts";

test("a newcomer makes a user, finds a service, and rates it by the keyboard alone", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const service = await chain.api.service("Keyboard Makers");
  await visit.open("/");
  await title(page, "Services").waitFor();

  await tabTo(page, page.getByRole("link", { name: "Choose who you are" }));
  await page.keyboard.press("Enter");
  await hasFocus(title(page, "Users"));
  await tabTo(page, page.getByRole("form", { name: "Add a user" }).getByRole("textbox", { name: "Name" }));
  await page.keyboard.type("Ada Keys");
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Switch to Ada Keys" }));
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "You: Ada Keys" }).waitFor();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Services" }).focus();
  await page.keyboard.press("Enter");
  await hasFocus(title(page, "Services"));
  await tabTo(page, page.getByRole("searchbox", { name: "Search services" }));
  await page.keyboard.type("keyboard");
  await page.waitForURL(/name=keyboard/);
  await tabTo(page, page.getByRole("link", { name: "Keyboard Makers" }));
  await page.keyboard.press("Enter");
  await hasFocus(title(page, "Keyboard Makers"));
  expect(await page.title()).toBe("Keyboard Makers · Ratings");

  await tabTo(page, stars(page, "0 stars"));
  await page.keyboard.press("Space");
  for (let half = 0; half < 9; half += 1) await page.keyboard.press("ArrowRight");
  expect(await stars(page, "4.5 stars").isChecked()).toBe(true);
  await tabTo(page, yourRating(page).getByRole("textbox", { name: "Comment" }));
  await page.keyboard.type("Clicks well.");
  await tabTo(page, yourRating(page).getByRole("button", { name: "Rate" }));
  await page.keyboard.press("Enter");

  const listed = articles(page, "Ratings").first();
  await listed.getByText("Clicks well.").waitFor();
  await listed.getByText("4.5 of 5").waitFor();
  await eventually("the rating is stored", async () => (await chain.api.ratingsOf(service)).length > 0);
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ score: 4.5, comment: "Clicks well." }]);
});

test("a rating is changed, deleted, brought back, and deleted for good", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Second Thoughts"), await chain.api.user("Bela Revise")];
  await chain.api.rate(service, user, 2, "Hm.");
  await visit.becomes(user);
  await visit.open(`/services/${service.id}`);

  await yourRating(page).getByRole("button", { name: "Edit" }).click();
  await stars(page, "4 stars").check({ force: true });
  await yourRating(page).getByRole("textbox", { name: "Comment" }).fill("Better on the second visit.");
  await yourRating(page).getByRole("button", { name: "Save changes" }).click();
  await articles(page, "Ratings").getByText("Better on the second visit.").waitFor();
  await visit.settled("PATCH", 200);

  await yourRating(page).getByRole("button", { name: "Delete" }).click();
  await notices(page).getByText("Rating deleted").waitFor();
  await eventually("it is gone from the list", async () => (await articles(page, "Ratings").count()) === 0);
  await notices(page).getByRole("button", { name: "Undo" }).click();
  await articles(page, "Ratings").getByText("Better on the second visit.").waitFor();
  expect(visit.answered("DELETE")).toEqual([]);

  await yourRating(page).getByRole("button", { name: "Delete" }).click();
  await visit.settled("DELETE", 204);
  expect(await chain.api.ratingsOf(service)).toEqual([]);
  await stars(page, "4 stars").waitFor({ state: "attached" });
});

test("what is deleted is deleted although its page is left at once", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Left Behind"), await chain.api.user("Carl Leaves")];
  await chain.api.rate(service, user, 1);
  await visit.becomes(user);
  await visit.open(`/services/${service.id}`);
  await yourRating(page).getByRole("button", { name: "Delete" }).click();
  await notices(page).getByText("Rating deleted").waitFor();
  await page.close();
  await eventually("the rating is gone", async () => (await chain.api.ratingsOf(service)).length === 0);
});

test("the figures of a service follow a rating at once", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Arithmetic"), await chain.api.user("Dora Counts")];
  await chain.api.rate(service, await chain.api.user("Earlier One"), 2);
  await visit.becomes(user);
  await visit.open(`/services/${service.id}`);
  await figures(page, "2.0", "1 rating").waitFor();

  chain.single("rating-service").signal("SIGSTOP");
  await stars(page, "5 stars").check({ force: true });
  await yourRating(page).getByRole("button", { name: "Rate" }).click();
  await figures(page, "3.5", "2 ratings").waitFor();
  chain.single("rating-service").signal("SIGCONT");
  await visit.settled("POST", 201);
});
