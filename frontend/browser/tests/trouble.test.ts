import { articles, figures, notices, openToRate, rate } from "../support/app.ts";
import { expect, test } from "../support/fixtures.ts";
import { eventually } from "../support/wait.ts";

const FAILED = /Failed to load resource/;

test("while NATS is away the page says so with a request id, and tries again", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(FAILED);
  await visit.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await chain.nats.program.kill();
  await visit.open("/");
  const failed = page.getByRole("main").getByRole("alert");
  await failed.getByRole("heading", { name: "Services cannot be shown" }).waitFor();
  await failed.getByText("Not available at the moment.").waitFor();
  await failed.getByRole("button", { name: "Copy request id" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^[0-9a-f]{16}-\d+$/);

  await chain.nats.restart();
  await failed.getByRole("button", { name: "Try again" }).click();
  await articles(page, "Services").first().waitFor();
});

test("a slow service is waited for, in words", async ({ chain, visit }) => {
  const { page } = visit;
  chain.single("rating-service").signal("SIGSTOP");
  await visit.open("/");
  await page.locator("[aria-busy=true]").first().waitFor();
  await page.getByText("This takes longer than usual…").waitFor();
  chain.single("rating-service").signal("SIGCONT");
  await articles(page, "Services").first().waitFor();
  expect(await page.locator("[aria-busy=true]").count()).toBe(0);
});

for (const status of [200, 502]) {
  test(`an answer ${status} in HTML is no content, and is not shown as any`, async ({ visit }) => {
    const { page } = visit;
    visit.expects(FAILED);
    const body = "<html><script>document.title = 'owned'</script><h1>nginx</h1></html>";
    await page.route("**/api/services?**", (route) =>
      route.fulfill({ status, contentType: "text/html", body }),
    );
    await visit.open("/");
    await page.getByRole("heading", { name: "Services cannot be shown" }).waitFor();
    expect(await page.getByText("nginx").count()).toBe(0);
    expect(await page.title()).toBe("Services · Ratings");
  });
}

test("a rating that is there already is offered for change", async ({ chain, visit }) => {
  const { page } = visit;
  const [service, user] = [await chain.api.service("Twice Rated"), await chain.api.user("Egon Twice")];
  visit.expects(/status of 409/);
  await visit.becomes(user);
  await openToRate(visit, service);
  await chain.api.rate(service, user, 2, "From my telephone.");
  await rate(page, "4 stars", "From my desk.");
  await visit.settled("POST", 409);
  const dialog = page.getByRole("dialog", { name: "You have rated this service already" });
  await dialog.getByText("From my telephone.").waitFor();
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  await visit.settled("PATCH", 200);
  await articles(page, "Ratings").getByText("From my desk.").waitFor();
  await figures(page, "4.0", "1 rating").waitFor();
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ score: 4, comment: "From my desk." }]);
});

test("what the service refuses is said at each field", async ({ visit }) => {
  const { page } = visit;
  visit.expects(/status of 422/);
  await visit.open("/");
  await page.getByRole("button", { name: "Add service" }).click();
  const dialog = page.getByRole("dialog", { name: "Add service" });
  const name = dialog.getByRole("textbox", { name: "Name" });
  const description = dialog.getByRole("textbox", { name: "Description" });
  // Characters that a person cannot see, pasted from elsewhere.
  await name.fill("\u202eevil");
  await description.fill("a\u0007b");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await visit.settled("POST", 422);
  for (const field of [name, description]) {
    await eventually(
      "the field is marked",
      async () => (await field.getAttribute("aria-invalid")) === "true",
    );
    expect(await field.getAttribute("aria-describedby")).toBeTruthy();
  }
  expect(await name.inputValue()).toBe("\u202eevil");
});

for (const status of [429, 503]) {
  test(`a write that is put off with ${status} is repeated with its key after Retry-After`, async ({
    chain,
    visit,
  }) => {
    const { page } = visit;
    visit.expects(FAILED);
    const [service, user] = [
      await chain.api.service(`Put Off ${status}`),
      await chain.api.user(`Patient ${status}`),
    ];
    await visit.becomes(user);
    await openToRate(visit, service);
    const problem = { type: "urn:uptake:problem:overloaded", title: "Busy", status };
    const headers = { "retry-after": "1", "content-type": "application/problem+json" };
    await page.route(
      "**/api/ratings",
      (route) => route.fulfill({ status, headers, body: JSON.stringify(problem) }),
      {
        times: 2,
      },
    );
    await rate(page, "3 stars", "In the end.");
    await visit.settled("POST", 201);
    expect(visit.answered("POST")).toEqual([status, status, 201]);
    expect(new Set(visit.writes().map(({ key }) => key)).size).toBe(1);
    expect(await chain.api.ratingsOf(service)).toHaveLength(1);
  });
}

test("a rating that cannot be made is taken back, with a message, and made by trying again", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  visit.expects(FAILED);
  const [service, user] = [await chain.api.service("Rolled Back"), await chain.api.user("Frida Back")];
  await visit.becomes(user);
  await openToRate(visit, service);
  const problem = { type: "urn:uptake:problem:internal", title: "Failed", status: 500, requestId: "abc-1" };
  const failed = { status: 500, contentType: "application/problem+json", body: JSON.stringify(problem) };
  await page.route("**/api/ratings", (route) => route.fulfill(failed), { times: 1 });
  await rate(page, "3.5 stars", "Not yet.");
  await notices(page).getByRole("button", { name: "Try again" }).waitFor();
  await notices(page).getByRole("button", { name: "Copy request id" }).waitFor();
  await eventually("it is not in the list", async () => (await articles(page, "Ratings").count()) === 0);
  await notices(page).getByRole("button", { name: "Try again" }).click();
  await articles(page, "Ratings").getByText("Not yet.").waitFor();
  await visit.settled("POST", 201);
  expect(await chain.api.ratingsOf(service)).toHaveLength(1);
});
