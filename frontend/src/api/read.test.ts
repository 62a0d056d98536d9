import { afterEach, expect, it, vi } from "vitest";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import {
  brokenJson,
  drop,
  dropMidAnswer,
  empty,
  html,
  json,
  problem,
  serverThat,
  silence,
} from "../testing/server.ts";
import { ApiError, type Failure } from "./failure.ts";
import { limits } from "./limits.ts";
import { read, readTagged } from "./read.ts";
import { shareNoMore } from "./share.ts";

const ada = { id: "1", name: "Ada", createdAt: "2026-11-01T12:00:00Z" };
const users = (signal?: AbortSignal) => read("/users", {}, signal);
const before = { ...limits };

afterEach(() => {
  Object.assign(limits, before);
  browser.go(true);
});

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof ApiError) return error.failure;
  throw new Error(`no failure, but ${error}`);
}

it("brings data and tag", async () => {
  const { received } = await serverThat(json(ada, 200, { etag: '"a"' }));
  expect(await readTagged("/users/{id}", { path: { id: "a/b" } })).toEqual({ data: ada, tag: '"a"' });
  expect(received[0]?.url).toBe("/api/users/a%2Fb");
});

it("writes lists with commas and leaves out what is not there", async () => {
  const { received } = await serverThat(json({ items: [], nextCursor: null }));
  await read("/users", { query: { ids: ["1", "2"], name: "", cursor: undefined, limit: 5 } });
  expect(received[0]?.url).toBe("/api/users?ids=1%2C2&limit=5");
});

it.each([
  ["a dropped connection", drop],
  ["a connection dropped in the middle of the answer", dropMidAnswer],
  ["HTML with 502 from something between", html(502)],
  ["an empty 503 with Retry-After", empty(503, { "retry-after": "0" })],
  ["504", problem(504, "outcome-unknown")],
])("repeats after %s", async (_, behaviour) => {
  const { received } = await serverThat(behaviour, behaviour, json([ada]));
  expect(await users()).toEqual([ada]);
  expect(received.length).toBe(3);
});

it("gives up after few attempts, with words", async () => {
  const { received } = await serverThat(html(502));
  const failure = await failureOf(users());
  expect(failure).toMatchObject({ kind: "foreign", status: 502, title: "The server answered strangely" });
  expect(received.length).toBe(limits.readAttempts);
});

it.each([400, 404, 422, 500])("does not repeat after %i", async (status) => {
  const { received } = await serverThat(problem(status, "whatever", { detail: "Do this." }));
  expect(await failureOf(users())).toMatchObject({ status, title: "Title of whatever", detail: "Do this." });
  expect(received.length).toBe(1);
});

it("does not repeat what comes later than somebody waits for", async () => {
  const { received } = await serverThat(problem(503, "overloaded", {}, { "retry-after": "60" }));
  expect(await failureOf(users())).toMatchObject({ slug: "overloaded", retryAfter: 60 });
  expect(received.length).toBe(1);
});

it("waits as long as Retry-After says", async () => {
  await serverThat(empty(503, { "retry-after": "1" }), json([]));
  const sleep = vi.spyOn(globalThis, "setTimeout");
  await users();
  expect(sleep.mock.calls.some(([, ms]) => ms === 1000)).toBe(true);
  sleep.mockRestore();
});

it.each([
  ["HTML with 200", html(200)],
  ["JSON that breaks off", brokenJson],
])("calls %s foreign", async (_, behaviour) => {
  const { received } = await serverThat(behaviour);
  expect(await failureOf(users())).toMatchObject({ kind: "foreign", status: 200 });
  expect(received.length).toBe(1);
});

it("says timeout where no answer comes", async () => {
  limits.attemptMs = 50;
  await serverThat(silence);
  expect(await failureOf(users())).toMatchObject({ kind: "timeout", status: 0 });
});

it("does not repeat without a network", async () => {
  const { received } = await serverThat(drop);
  browser.go(false);
  expect(await failureOf(users())).toMatchObject({ kind: "offline", title: "No connection" });
  expect(received.length).toBe(1);
});

it("asks once for all who ask at one time", async () => {
  const { received } = await serverThat(json([ada]));
  expect(await Promise.all([users(), users(), users(new AbortController().signal)])).toEqual([
    [ada],
    [ada],
    [ada],
  ]);
  expect(received.length).toBe(1);
  await users();
  expect(received.length).toBe(2);
});

it("does not let those who ask after a write join those who asked before it", async () => {
  const { received } = await serverThat(json([ada]));
  const first = users();
  shareNoMore();
  await Promise.all([first, users()]);
  expect(received.length).toBe(2);
});

it("goes on for the others when one who asked leaves, and stops when the last does", async () => {
  const { received } = await serverThat(silence);
  const [one, two] = [new AbortController(), new AbortController()];
  const [first, second] = [users(one.signal), users(two.signal)];
  await until(() => received.length === 1);
  one.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  two.abort(new Error("left too"));
  await expect(second).rejects.toThrow("left too");
  await received[0]?.closed;
});

it("is asked anew while a request that all have left ends", async () => {
  const { received } = await serverThat(silence, json([ada]));
  const one = new AbortController();
  const first = users(one.signal);
  await until(() => received.length === 1);
  one.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect(await users()).toEqual([ada]);
});

it("stops waiting for a repeat when it is aborted", async () => {
  limits.readWaitMs = 1e9;
  await serverThat(empty(503, { "retry-after": "1000" }));
  const one = new AbortController();
  const first = users(one.signal);
  setTimeout(() => one.abort(new Error("left")), 30);
  await expect(first).rejects.toThrow("left");
});
