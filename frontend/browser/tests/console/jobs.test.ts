import { begin, enter, heading, reaches, row } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";

const test = testWith({ console: true });

test("jobs are found by state, by path and by id", async ({ chain, visit }) => {
  const { page } = visit;
  const id = await begin(chain, "work?steps=2&ms=10");
  await reaches(chain, id, "done");
  await enter(visit, "/jobs");
  await row(page, "Jobs", new RegExp(`/hello/jobs/work.*Done.*${id}$`)).waitFor();
  await page.getByRole("combobox", { name: "State" }).selectOption("Running");
  await page.getByText("No job matches.").waitFor();
  await page.getByRole("combobox", { name: "State" }).selectOption("Done");
  await page.getByRole("searchbox", { name: "Path" }).fill("/hello/jobs/work");
  await page.waitForURL(/\?state=done&path=%2Fhello%2Fjobs%2Fwork$/);
  await row(page, "Jobs", new RegExp(`${id}$`)).waitFor();
  await page.getByRole("searchbox", { name: "Path" }).fill("/elsewhere");
  await page.getByText("No job matches.").waitFor();

  await page.getByRole("searchbox", { name: "Job id" }).fill(id);
  await page.keyboard.press("Enter");
  await heading(page, `Job ${id}`).waitFor();
  await page.getByRole("region", { name: "Body of the answer" }).getByText("worked in attempt 1").waitFor();
});

test("a job is followed as it goes on, and cancelled when one says so", async ({ chain, visit }) => {
  const { page } = visit;
  const id = await begin(chain, "work?steps=1000&ms=50");
  await reaches(chain, id, "running");
  await enter(visit, `/jobs/${id}`);
  await page.getByText(/step \d+ of 1000/).waitFor();
  await page.getByRole("button", { name: "Cancel job" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this job?" });
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Cancel job" }).click();
  await dialog.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("region", { name: "Record" }).getByText("Cancelled").waitFor();
  await reaches(chain, id, "cancelled");
  expect(await page.getByRole("button", { name: "Cancel job" }).count()).toBe(0);
});

test("a job that is not there is said to be, with a way out", async ({ visit }) => {
  visit.expects(/status of 404/);
  await enter(visit, `/jobs/${"0".repeat(32)}`);
  await visit.page.getByRole("heading", { name: "This job cannot be shown" }).waitFor();
  await visit.page.getByRole("link", { name: "To the overview" }).click();
  await heading(visit.page, "Overview").waitFor();
});
