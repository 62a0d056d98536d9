import { expect, test } from "vitest";

import { type Behaviour, drop, empty, json, problem, serverThat } from "../../testing/server.ts";
import { all, Bulk, count, each } from "./bulk.ts";

const FILTER = { service: "hello", cause: "" };
const paramsOf = (url: string) => Object.fromEntries(new URL(url, "http://test").searchParams);

function redriven(from: number, to: number, next: number | null, more: object = {}): Behaviour {
  const some = Array.from({ length: to - from + 1 }, (_, index) => ({
    sequence: from + index,
    job: "j",
    run: 2,
  }));
  return json({ redriven: some, notRedriven: [], next, stopped: false, ...more });
}

test("all that match are redriven part by part, but not those that came meanwhile", async () => {
  const { received } = await serverThat(redriven(1, 25, 25), redriven(26, 40, 60));
  const bulk = new Bulk((stop) => all("redrive", FILTER, 40, stop));
  await bulk.ended;
  expect(bulk.progress.value).toEqual({ is: "ended", done: 40, left: [] });
  expect(received.map(({ method, url }) => [method, paramsOf(url)])).toEqual([
    ["POST", { service: "hello", after: "0", limit: "25" }],
    ["POST", { service: "hello", after: "25", limit: "15" }],
  ]);
  expect(received[0]?.headers["uptake-admin"]).toBe("1");
});

test("what was left as it was is told with its reason, and a full stream ends it", async () => {
  const notRedriven = [{ sequence: 3, reason: "no service takes it" }];
  await serverThat(redriven(1, 2, 3, { notRedriven, stopped: true }));
  const bulk = new Bulk((stop) => all("redrive", FILTER, 100, stop));
  await bulk.ended;
  expect(bulk.progress.value).toMatchObject({ is: "ended", done: 2, left: notRedriven });
  expect(bulk.progress.value.halt).toContain("full or away");
});

test("it stops between two steps when it is told to", async () => {
  let bulk: Bulk | undefined;
  const { received } = await serverThat((response, request) => {
    bulk?.stop();
    return redriven(1, 25, 25)(response, request);
  });
  bulk = new Bulk((stop) => all("redrive", FILTER, 1000, stop));
  await bulk.ended;
  expect(bulk.progress.value).toMatchObject({ is: "stopped", done: 25 });
  expect(received).toHaveLength(1);
});

test("all that match are deleted until there are none left", async () => {
  await serverThat(json({ deleted: 25, next: 25 }), json({ deleted: 0, next: 900 }), json({ deleted: 5 }));
  const bulk = new Bulk((stop) => all("delete", FILTER, 50, stop));
  await bulk.ended;
  expect(bulk.progress.value).toEqual({ is: "ended", done: 30, left: [] });
});

test("of those that were chosen, one that cannot be redriven does not keep the others", async () => {
  const refused = problem(409, "not-redrivable", { detail: "The message was stored without its body." });
  const { received } = await serverThat(json({ job: "j", run: 2 }), refused, json({ job: "k", run: 1 }));
  const bulk = new Bulk(() => each("redrive", [4, 5, 6]));
  await bulk.ended;
  const left = [{ sequence: 5, reason: "The message was stored without its body." }];
  expect(bulk.progress.value).toEqual({ is: "ended", done: 2, left });
  expect(received.map(({ url }) => url)).toEqual(
    [4, 5, 6].map((each) => `/api/dead-letters/${each}/redrive`),
  );
});

test("where nothing answers it ends, and says so", async () => {
  const { received } = await serverThat(empty(204), drop);
  const bulk = new Bulk(() => each("delete", [4, 5, 6]));
  await bulk.ended;
  expect(bulk.progress.value).toMatchObject({ is: "ended", done: 1, failure: { kind: "offline" } });
  expect(received).toHaveLength(2);
});

test("those that match are counted by parts, of which none is kept", async () => {
  const part = (length: number, next: number | null) => json({ deadLetters: Array(length).fill({}), next });
  const { received } = await serverThat(part(1000, 1000), part(0, 9000), part(3, null));
  const told: number[] = [];
  const found = await count(FILTER, (so) => told.push(so), new AbortController().signal);
  expect([found, told]).toEqual([1003, [1000, 1000, 1003]]);
  expect(received.map(({ url }) => paramsOf(url).after)).toEqual(["0", "1000", "9000"]);
});
