import { articles, notices, openToRate, rate, yourRating } from "../support/app.ts";
import { expect, test } from "../support/fixtures.ts";

const BAR = "You are offline. Changes are sent when the connection is back.";

test("what is rated offline is sent once the connection is back", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/net::ERR_INTERNET_DISCONNECTED/);
  const [service, user] = [await chain.api.service("In a Tunnel"), await chain.api.user("Gil Train")];
  await visit.becomes(user);
  await openToRate(visit, service);

  await visit.context.setOffline(true);
  await page.getByText(BAR).waitFor();
  await rate(page, "4 stars", "Written under ground.");
  await articles(page, "Ratings").getByText("Written under ground.").waitFor();
  await articles(page, "Ratings").getByRole("link", { name: user.name }).waitFor();
  expect(await chain.api.ratingsOf(service)).toEqual([]);

  await visit.context.setOffline(false);
  await visit.settled("POST", 201);
  await page.getByText(BAR).waitFor({ state: "hidden" });
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ score: 4, comment: "Written under ground." }]);
});

test("what is rated while no proxy is there is made once one is back", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/net::ERR_/);
  const [service, user] = [await chain.api.service("Nobody Home"), await chain.api.user("Hedi Waits")];
  await visit.becomes(user);
  await openToRate(visit, service);

  await chain.single("proxy").kill();
  const failed = page.waitForEvent("requestfailed", (request) => request.method() === "POST");
  await rate(page, "2.5 stars", "Door closed.");
  await failed;
  await page.getByText(/not saved yet/).waitFor();
  await chain.startProxy();
  await visit.settled("POST", 201);
  await page.getByText(/not saved yet/).waitFor({ state: "hidden" });
  await yourRating(page).getByRole("button", { name: "Edit" }).waitFor();
  expect(await notices(page).getByRole("button", { name: "Try again" }).count()).toBe(0);
  expect(await chain.api.ratingsOf(service)).toHaveLength(1);
});

test("a page that is opened while no worker is there is shown once one is back", async ({ chain, visit }) => {
  const { page } = visit;
  await chain.single("rating-service").kill();
  await visit.open("/");
  await page.getByText("This takes longer than usual…").waitFor();
  await chain.startWorker();
  await articles(page, "Services").first().waitFor();
});

test("a page that stays open says how long ago a rating is, not how long it was", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Left Open"), await chain.api.user("Hanna Hours")];
  await chain.api.rate(service, user, 4, "Before lunch.");
  await page.clock.install();
  await visit.open(`/services/${service.id}`);
  const rated = articles(page, "Ratings").getByRole("time");
  await rated.getByText("just now").waitFor();
  await page.clock.fastForward("03:00:00");
  await rated.getByText("3 hours ago").waitFor();
});

test("who comes back from elsewhere sees what is there now", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Returned To"), await chain.api.user("Rita Meanwhile")];
  await visit.open(`/services/${service.id}`);
  await page.getByText("Nobody has rated it yet.").waitFor();
  await page.goto("about:blank");
  await chain.api.rate(service, user, 4, "While you were away.");
  await page.goBack();
  await articles(page, "Ratings").getByText("While you were away.").waitFor();
});
