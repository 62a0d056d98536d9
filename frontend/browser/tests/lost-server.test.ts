import { articles, notices, openToRate, rate } from "../support/app.ts";
import type { Chain } from "../support/chain.ts";
import { expect, test } from "../support/fixtures.ts";
import type { Visit } from "../support/visit.ts";
import { eventually } from "../support/wait.ts";

/** Rates on the page of a new service, while `trouble` goes on behind it. */
async function rateDuring(
  trouble: string,
  visit: Visit,
  chain: Chain,
  around: (click: () => Promise<void>) => Promise<void>,
) {
  visit.expects(/net::ERR_/, /status of 50\d/);
  const [service, user] = [await chain.api.service(trouble), await chain.api.user(`Rates, ${trouble}`)];
  await visit.becomes(user);
  await openToRate(visit, service);
  await around(() => rate(visit.page, "4 stars", "In spite of it all."));
  await visit.settled("POST", 201);
  await articles(visit.page, "Ratings").getByText("In spite of it all.").waitFor();
  expect(await notices(visit.page).getByRole("button", { name: "Try again" }).count()).toBe(0);
  expect(await chain.api.ratingsOf(service)).toMatchObject([{ userId: user.id, score: 4 }]);
  expect(new Set(visit.writes().map(({ key }) => key)).size).toBe(1);
}

test("a rating is made once although its worker dies between commit and answer", async ({ chain, visit }) => {
  await rateDuring("Dying Worker", visit, chain, async (click) => {
    await chain.single("rating-service").kill();
    const worker = await chain.startWorker({ UPTAKE_FAULT_POINTS: "committed=1" });
    await click();
    await eventually("the worker has died at the fault point", () => worker.hasEnded);
    await chain.startWorker();
  });
});

test("a rating is made once although NATS is away when it is sent", async ({ chain, visit }) => {
  await rateDuring("Absent NATS", visit, chain, async (click) => {
    await chain.nats.program.kill();
    await click();
    await eventually("the write is refused", () => visit.answered("POST").includes(503));
    await chain.nats.restart();
  });
});

test("a rating is made once although NATS crashes while the worker has it", async ({ chain, visit }) => {
  await rateDuring("Crashing NATS", visit, chain, async (click) => {
    const worker = chain.single("rating-service");
    worker.signal("SIGSTOP");
    await click();
    await chain.jobWaits();
    await chain.nats.restart();
    worker.signal("SIGCONT");
  });
});
