import { articles, title } from "../support/app.ts";
import { expect, testWith } from "../support/fixtures.ts";
import { eventually } from "../support/wait.ts";

const test = testWith({ seed: false });

const PER_PAGE = 12;

test("services are searched, sorted and paged, and the back button leads through it", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const names = Array.from({ length: 30 }, (_, index) => `Branch ${String(index + 1).padStart(2, "0")}`);
  for (const name of names) await chain.api.service(name);
  await chain.api.service("Other");
  const [user, best] = [await chain.api.user("Only Rater"), (await chain.api.servicesCalled("Branch 17"))[0]];
  if (best === undefined) throw new Error("no Branch 17");
  await chain.api.rate(best, user, 5);

  const links = articles(page, "Services").getByRole("link");
  const shows = (count: number, first: string) =>
    eventually(`${count} services from ${first}`, async () => {
      const shown = await links.allTextContents();
      return shown.length === count && shown[0]?.includes(first);
    });
  await visit.open("/");
  await shows(PER_PAGE, "Branch 17");
  await page.getByRole("combobox", { name: "Sort by" }).selectOption({ label: "Name" });
  await shows(PER_PAGE, "Branch 01");
  await page.getByRole("searchbox", { name: "Search services" }).fill("branch");
  await page.waitForURL(/name=branch/);
  const pages = page.getByRole("navigation", { name: "Pages" });
  await pages.getByRole("button", { name: "Next page" }).click();
  await shows(PER_PAGE, "Branch 13");
  await pages.getByRole("button", { name: "Next page" }).click();
  await shows(6, "Branch 25");
  expect(
    await pages
      .getByRole("button", { name: "Next page" })
      .isEnabled()
      .catch(() => false),
  ).toBe(false);

  await page.reload();
  await shows(6, "Branch 25");
  await links.first().click();
  await title(page, "Branch 25").waitFor();
  await page.goBack();
  await shows(6, "Branch 25");
  await page.goBack();
  await shows(PER_PAGE, "Branch 13");
  await page.goBack();
  await shows(PER_PAGE, "Branch 01");
  expect(await page.getByRole("searchbox", { name: "Search services" }).inputValue()).toBe("branch");

  await page.getByRole("searchbox", { name: "Search services" }).fill("zzz");
  await page.getByText("No service begins with “zzz”.").waitFor();
});

test("a service is added", async ({ chain, visit }) => {
  const { page } = visit;
  await visit.open("/");
  await page.getByRole("button", { name: "Add service" }).click();
  const dialog = page.getByRole("dialog", { name: "Add service" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Brand New");
  await dialog.getByRole("textbox", { name: "Description" }).fill("Opened today.");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await visit.settled("POST", 201);
  await page.getByText("Brand New").first().waitFor();
  expect(await chain.api.servicesCalled("Brand New")).toMatchObject([{ description: "Opened today." }]);
});

test("ratings of a service are shown page by page, each once", async ({ chain, visit }) => {
  const { page } = visit;
  const service = await chain.api.service("Much Rated");
  const numbers = Array.from({ length: 70 }, (_, index) => index);
  for (const number of numbers) {
    await chain.api.rate(
      service,
      await chain.api.user(`Rater ${number}`),
      (number % 11) / 2,
      `Comment ${number}.`,
    );
  }
  await visit.open(`/services/${service.id}`);
  await page.getByRole("combobox", { name: "Sort by" }).selectOption({ label: "Highest first" });
  const list = articles(page, "Ratings");
  const more = page.getByRole("button", { name: "Show more" });
  await eventually("the highest come first", async () =>
    (await list.first().textContent())?.includes("5 of 5"),
  );
  while (await more.isVisible()) {
    const before = await list.count();
    await more.click();
    await eventually("more ratings", async () => (await list.count()) > before);
  }
  const shown = (await list.allTextContents()).map((text) => /Comment (\d+)\./.exec(text)?.[1]);
  expect(shown.map(Number).sort((a, b) => a - b)).toEqual(numbers);
});

test("an address that leads nowhere says so, and leads on", async ({ visit }) => {
  const { page } = visit;
  await visit.open("/no/such/page");
  await title(page, "Page not found").waitFor();
  await page.getByRole("link", { name: "To the services" }).click();
  await title(page, "Services").waitFor();

  visit.expects(/status of 404/);
  await visit.open("/services/01a198fb-fe64-7eb3-8d18-ce016f7e0ad4");
  await page.getByRole("main").getByText("This service is not there.").waitFor();
});
