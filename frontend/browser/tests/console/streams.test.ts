import { enter, heading, row } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";

const test = testWith({ console: true });

test("a stream that vanishes while it is shown is said to be gone, until the page is loaded anew", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  await enter(visit, "/streams");
  await row(page, "Streams", /^uptake-call-hello calls/).waitFor();
  await row(page, "Consumers", /^uptake-call-hello workers/).waitFor();
  // Its worker would make it again.
  await chain.single("hello").kill();
  await chain.nats.deleteStream("uptake-call-hello");
  await row(page, "Streams", /^uptake-call-hello gone/).waitFor();
  expect(await row(page, "Consumers", /^uptake-call-hello/).count()).toBe(0);
  await row(page, "Streams", /^uptake-job-hello jobs/).waitFor();
  await page.reload();
  await heading(page, "Streams").waitFor();
  await row(page, "Streams", /^uptake-job-hello jobs/).waitFor();
  expect(await row(page, "Streams", /^uptake-call-hello/).count()).toBe(0);
});
