import type { Page } from "playwright-core";
import { notices, openToRate, rate, yourRating } from "../support/app.ts";
import type { Chain } from "../support/chain.ts";
import { expect, test } from "../support/fixtures.ts";
import type { Visit } from "../support/visit.ts";
import { eventually } from "../support/wait.ts";

/** A write that is on its way. */
interface Held {
  chain: Chain;
  /** What it has made so far. */
  rows(): Promise<unknown[]>;
  /** The page has noticed that its connection is gone. */
  noticed: Promise<unknown>;
}

/** When the proxy that has the request dies, and how a test makes it just then. */
interface Moment {
  when: string;
  arrange(chain: Chain): Promise<void>;
  /** Runs once the request is on its way. Another proxy has taken over at its end. */
  strike(held: Held): Promise<void>;
}

const stopWorker = async (chain: Chain) => chain.single("rating-service").signal("SIGSTOP");

const moments: Moment[] = [
  {
    when: "before it reads the request",
    async arrange(chain) {
      chain.single("proxy").signal("SIGSTOP");
    },
    strike: killAndReplace,
  },
  {
    when: "between the record of the job and its message",
    async arrange(chain) {
      await chain.single("proxy").kill();
      await chain.startProxy({ UPTAKE_FAULT_POINTS: "record-created=1" });
    },
    async strike({ chain, noticed }) {
      await eventually("the proxy has died at the fault point", () => chain.programs("proxy").length === 0);
      await noticed;
      await chain.startProxy();
    },
  },
  {
    when: "while the worker has the request",
    arrange: stopWorker,
    async strike(held) {
      await held.chain.jobWaits();
      await killAndReplace(held);
      held.chain.single("rating-service").signal("SIGCONT");
    },
  },
  {
    when: "while the worker has the request, and another proxy is there",
    arrange: stopWorker,
    async strike({ chain }) {
      await chain.jobWaits();
      const holder = chain.single("proxy");
      await chain.startProxy();
      // The browser itself may repeat the request, on a new connection, before the page knows.
      await holder.kill();
      chain.single("rating-service").signal("SIGCONT");
    },
  },
  {
    when: "when the worker has committed, before the answer",
    arrange: stopWorker,
    async strike(held) {
      await held.chain.jobWaits();
      held.chain.single("proxy").signal("SIGSTOP");
      held.chain.single("rating-service").signal("SIGCONT");
      await eventually("the row is there", async () => (await held.rows()).length > 0);
      await killAndReplace(held);
    },
  },
];

/** The page gets no answer from anybody before the next proxy starts: it is the page that repeats. */
async function killAndReplace({ chain, noticed }: Held): Promise<void> {
  await chain.single("proxy").kill();
  await noticed;
  await chain.startProxy();
}

/** Clicks, and kills the proxy that has the request at that moment. */
async function clickAndStrike(
  visit: Visit,
  click: () => Promise<void>,
  moment: Moment,
  held: Omit<Held, "noticed">,
) {
  visit.expects(/net::ERR_/);
  await moment.arrange(held.chain);
  const isWrite = (request: { method(): string }) => request.method() === "POST";
  const sent = visit.page.waitForEvent("request", isWrite);
  const noticed = visit.page.waitForEvent("requestfailed", isWrite);
  // Not every moment waits for it.
  noticed.catch(() => undefined);
  await click();
  await sent;
  await moment.strike({ ...held, noticed });
  await visit.settled("POST", 201);
}

const tryAgain = (page: Page) => notices(page).getByRole("button", { name: "Try again" });

for (const moment of moments) {
  test(`a rating is made once if its proxy is killed ${moment.when}`, async ({ chain, visit }) => {
    const user = await chain.api.user(`Rater ${moment.when}`);
    const service = await chain.api.service(`Service ${moment.when}`);
    const rows = () => chain.api.ratingsOf(service);
    await visit.becomes(user);
    await openToRate(visit, service);

    const click = () => rate(visit.page, "4.5 stars", "Held and killed.");
    await clickAndStrike(visit, click, moment, { chain, rows });
    await yourRating(visit.page).getByRole("button", { name: "Edit" }).waitFor();
    expect(await tryAgain(visit.page).count()).toBe(0);
    expect(await rows()).toMatchObject([{ userId: user.id, score: 4.5, comment: "Held and killed." }]);
    expect(visit.answered("POST")).toEqual([201]);
  });

  test(`a user is made once if its proxy is killed ${moment.when}`, async ({ chain, visit }) => {
    const name = `Newcomer ${moment.when}`;
    const rows = () => chain.api.usersCalled(name);
    await visit.open("/users");
    const form = visit.page.getByRole("form", { name: "Add a user" });
    await form.getByRole("textbox", { name: "Name" }).fill(name);

    const click = () => form.getByRole("button", { name: "Add user" }).click();
    await clickAndStrike(visit, click, moment, { chain, rows });
    await visit.page.getByRole("link", { name, exact: true }).first().waitFor();
    expect(await rows()).toHaveLength(1);
    expect(visit.answered("POST")).toEqual([201]);
  });
}
