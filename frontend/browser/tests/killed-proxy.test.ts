import { notices, openToRate, rate, yourRating } from "../support/app.ts";
import type { Chain } from "../support/chain.ts";
import { expect, test } from "../support/fixtures.ts";
import { eventually } from "../support/wait.ts";

type Rows = () => Promise<unknown[]>;

/** When the proxy that has the request dies, and how a test makes it just then. */
interface Moment {
  when: string;
  arrange(chain: Chain): Promise<void>;
  /** Runs once the request is on its way. Another proxy has taken over at its end. */
  strike(chain: Chain, rows: Rows): Promise<void>;
}

const moments: Moment[] = [
  {
    when: "before it reads the request",
    async arrange(chain) {
      chain.only("proxy").signal("SIGSTOP");
    },
    async strike(chain) {
      await chain.only("proxy").kill();
      await chain.startProxy();
    },
  },
  {
    when: "between the record of the job and its message",
    async arrange(chain) {
      await chain.only("proxy").kill();
      await chain.startProxy({ UPTAKE_FAULT_POINTS: "record-created=1" });
    },
    async strike(chain) {
      await eventually("the proxy has died at the fault point", () => chain.programs("proxy").length === 0);
      await chain.startProxy();
    },
  },
  {
    when: "while the worker has the request",
    async arrange(chain) {
      chain.only("rating-service").signal("SIGSTOP");
    },
    async strike(chain) {
      await chain.jobWaits();
      await replaceProxy(chain);
      chain.only("rating-service").signal("SIGCONT");
    },
  },
  {
    when: "when the worker has committed, before the answer",
    async arrange(chain) {
      chain.only("rating-service").signal("SIGSTOP");
    },
    async strike(chain, rows) {
      await chain.jobWaits();
      chain.only("proxy").signal("SIGSTOP");
      chain.only("rating-service").signal("SIGCONT");
      await eventually("the row is there", async () => (await rows()).length > 0);
      await replaceProxy(chain);
    },
  },
];

/** The next one is there before the first dies, as where there are several. */
async function replaceProxy(chain: Chain): Promise<void> {
  const holder = chain.only("proxy");
  await chain.startProxy();
  await holder.kill();
}

for (const { when, arrange, strike } of moments) {
  test(`a rating is made once if its proxy is killed ${when}`, async ({ chain, visit }) => {
    const user = await chain.api.user(`Rater ${when}`);
    const service = await chain.api.service(`Service ${when}`);
    const rows = () => chain.api.ratingsOf(service);
    visit.expects(/net::ERR_/);
    await visit.becomes(user);
    await openToRate(visit, service);

    await arrange(chain);
    const sent = visit.page.waitForRequest((request) => request.method() === "POST");
    await rate(visit.page, "4.5 stars", "Held and killed.");
    await sent;
    await strike(chain, rows);

    await visit.settled("POST", 201);
    await yourRating(visit.page).getByRole("button", { name: "Edit" }).waitFor();
    expect(await notices(visit.page).getByRole("button", { name: "Try again" }).count()).toBe(0);
    expect(await rows()).toMatchObject([{ userId: user.id, score: 4.5, comment: "Held and killed." }]);
    expect(visit.answered("POST")).toEqual([201]);
  });

  test(`a user is made once if its proxy is killed ${when}`, async ({ chain, visit }) => {
    const name = `Newcomer ${when}`;
    const rows = () => chain.api.usersCalled(name);
    visit.expects(/net::ERR_/);
    await visit.open("/users");
    const form = visit.page.getByRole("form", { name: "Add a user" });
    await form.getByRole("textbox", { name: "Name" }).fill(name);

    await arrange(chain);
    const sent = visit.page.waitForRequest((request) => request.method() === "POST");
    await form.getByRole("button", { name: "Add user" }).click();
    await sent;
    await strike(chain, rows);

    await visit.settled("POST", 201);
    await visit.page.getByRole("link", { name, exact: true }).first().waitFor();
    expect(await rows()).toHaveLength(1);
    expect(visit.answered("POST")).toEqual([201]);
  });
}
