import { TOKEN } from "../../support/chain.ts";
import { enter, heading } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";

const test = testWith({ console: true });

test("a wrong token is told, the right one lets in to the page that was asked for, and who signs out is out", async ({
  visit,
}) => {
  const { page } = visit;
  visit.expects(/status of 401/);
  await visit.open("/jobs?state=done");
  await heading(page, "Sign in").waitFor();
  await page.getByLabel("Token").fill("guess");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("This token is wrong.").waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.keyboard.press("Enter");
  await heading(page, "Jobs").waitFor();
  expect(await page.getByRole("combobox", { name: "State" }).inputValue()).toBe("done");

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You have signed out.").waitFor();
  const answer = await page.evaluate(() => fetch("/console/api/jobs").then(({ status }) => status));
  expect(answer).toBe(401);
  await page.reload();
  await heading(page, "Sign in").waitFor();
});

test("who is signed out elsewhere is told so, and goes on where they were", async ({ visit }) => {
  const { page } = visit;
  await enter(visit, "/dead-letters");
  await heading(page, "Dead letters").waitFor();
  await visit.context.clearCookies();
  await page.getByText("Your sign-in has ended.").waitFor();
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "Dead letters").waitFor();
});

test("too many wrong tokens are told, with how long to wait", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(/status of 401/, /status of 429/);
  await visit.open("/");
  await page.getByLabel("Token").waitFor();
  for (let guess = 0; guess < 12; guess += 1) {
    await page.evaluate(() => {
      const headers = { "content-type": "application/json" };
      return fetch("/console/api/session", { method: "POST", headers, body: '{"token":"guess"}' });
    });
  }
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page
    .getByRole("alert")
    .getByText(/Too many wrong tokens. Wait .* s/)
    .waitFor();
  // Whoever comes next begins with a proxy that has counted nothing.
  await chain.single("proxy").kill();
  await chain.startProxy();
});
