import type { Locator, Page } from "playwright-core";
import { type Chain, TOKEN } from "./chain.ts";
import type { Visit } from "./visit.ts";
import { eventually } from "./wait.ts";

/** Names of the console's parts, as people and screen readers find them. */

export const heading = (page: Page, name: string): Locator => page.getByRole("heading", { level: 1, name });

export const row = (page: Page, table: string, name: string | RegExp): Locator =>
  page.getByRole("table", { name: table, exact: true }).getByRole("row", { name });

export const chart = (page: Page, title: string): Locator =>
  page.getByRole("img", { name: new RegExp(`^${title},`) });

export const troubles = (page: Page): Locator => page.getByRole("list", { name: "What needs a look" });

/** Comes to a page of the console, signs in, and goes on there. */
export async function enter(visit: Visit, path = "/"): Promise<void> {
  // So the browser tells that it is not signed in.
  visit.expects(/status of 401/);
  await visit.open(path);
  await visit.page.getByLabel("Token").fill(TOKEN);
  await visit.page.getByRole("button", { name: "Sign in" }).click();
  await visit.page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Waits until the console shows live figures. */
export async function isLive(page: Page): Promise<void> {
  await page.getByText(/^live, /).waitFor();
}

interface Job {
  id: string;
  state: string;
}

/** Starts a job of `hello`, and gives its id. */
export async function begin(chain: Chain, target: string): Promise<string> {
  const headers = { prefer: "respond-async" };
  const answer = await fetch(`${chain.api.base}/hello/jobs/${target}`, { method: "POST", headers });
  const id = answer.headers.get("location")?.split("/").at(-1);
  if (id === undefined) throw new Error(`no job: ${answer.status} ${await answer.text()}`);
  return id;
}

/** Waits until a job is in this state. */
export async function reaches(chain: Chain, id: string, state: string): Promise<void> {
  await eventually(`job ${id} is ${state}`, async () => {
    const answer = await fetch(`${chain.api.base}/-/jobs/${id}`);
    return ((await answer.json()) as Job).state === state;
  });
}

/** The stream of dead letters. */
export const DEAD = "uptake-dead";

/** Words of `hello` for so many attempts of what `die` begins. */
export const attempts = (count: number): string[] => [
  "--job-route",
  `/hello/jobs/fail attempts=${count} timeout=20 backoff=0.05`,
];

/** Makes so many dead letters of jobs that would succeed in a second attempt, of which there must not be one. */
export async function die(chain: Chain, count: number): Promise<string[]> {
  const [ids, before]: [string[], number] = [[], await chain.nats.waiting(DEAD)];
  // One after another, so that letters and jobs have one order.
  for (let number = 1; number <= count; number += 1) {
    ids.push(await begin(chain, "fail?times=1"));
    await eventually("it has died", async () => (await chain.nats.waiting(DEAD)) === before + number);
  }
  return ids;
}

/** Puts a worker of `hello` with other words in the place of the one that is there. */
export async function helloAnew(chain: Chain, words: string[]): Promise<void> {
  await chain.single("hello").kill();
  await chain.startHello(words);
}
