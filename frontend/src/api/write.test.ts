import { afterEach, expect, it, vi } from "vitest";
import { waiting } from "../state/connection.ts";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import {
  type Behaviour,
  drop,
  dropMidAnswer,
  empty,
  html,
  json,
  problem,
  serverThat,
  silence,
} from "../testing/server.ts";
import { failureOf } from "./failure.ts";
import { limits } from "./limits.ts";
import { newKey, write } from "./write.ts";

const ada = { id: "1", name: "Ada", createdAt: "2026-11-01T12:00:00Z" };
const created = json(ada, 201, { etag: '"a"', location: "/api/users/1" });
const add = (signal?: AbortSignal) =>
  write("post", "/users", { body: { name: "Ada" }, key: newKey(), ...(signal && { signal }) });
const failed = (work: Promise<unknown>) => work.then(() => undefined, failureOf);
const before = { ...limits };

afterEach(() => {
  Object.assign(limits, before);
  vi.restoreAllMocks();
  browser.go(true);
});

it("sends a key, and brings what was made", async () => {
  const { received } = await serverThat(created);
  expect(await add()).toEqual({ data: ada, tag: '"a"', location: "/api/users/1" });
  expect(received[0]).toMatchObject({ method: "POST", url: "/api/users", body: '{"name":"Ada"}' });
  expect(received[0]?.headers["content-type"]).toBe("application/json");
  expect(received[0]?.headers["idempotency-key"]).toMatch(/^"[0-9a-f-]{36}"$/);
});

it("makes keys where the context is not secure", () => {
  const real = crypto.randomUUID;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  const keys = [newKey(), newKey()];
  Object.defineProperty(crypto, "randomUUID", { value: real, configurable: true });
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[0]).not.toBe(keys[1]);
});

const REPEATED: [string, Behaviour][] = [
  ["a connection dropped behind the request", drop],
  ["a connection dropped in the middle of the answer", dropMidAnswer],
  ["HTML with 502", html(502)],
  ["an empty 503", empty(503, { "retry-after": "0" })],
  ["429", empty(429, { "retry-after": "0" })],
  ["504 job-still-running", problem(504, "job-still-running")],
];

it.each(REPEATED)("repeats under the same key after %s", async (_, behaviour) => {
  const { received } = await serverThat(behaviour, behaviour, behaviour, created);
  expect((await add()).data).toEqual(ada);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  expect(received.length).toBe(4);
});

it("takes the next write for another one", async () => {
  const { received } = await serverThat(created);
  await Promise.all([add(), add()]);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
});

it.each([400, 404, 409, 412, 422, 500])("does not repeat after %i", async (status) => {
  const { received } = await serverThat(problem(status, "whatever"));
  expect(await failed(add())).toMatchObject({ status, keySpent: true });
  expect(received.length).toBe(1);
});

it.each([
  ["that is replayed", problem(503, "database-busy", {}, { "idempotency-replayed": "true" })],
  ["of a dead job", problem(502, "job-dead")],
  ["of a job that took too long", problem(504, "job-timeout")],
])("does not repeat after a failure %s: the key is spent", async (_, behaviour) => {
  const { received } = await serverThat(behaviour);
  expect(await failed(add())).toMatchObject({ keySpent: true });
  expect(received.length).toBe(1);
});

it("gives up in time, and does not know the outcome", async () => {
  limits.writeMs = 100;
  await serverThat(drop);
  expect(await failed(add())).toMatchObject({ status: 0, outcome: "unknown", keySpent: false });
});

it("does not know the outcome when an earlier attempt may have succeeded", async () => {
  await serverThat(drop, problem(503, "overloaded", {}, { "retry-after": "3600" }));
  expect(await failed(add())).toMatchObject({ slug: "overloaded", outcome: "unknown" });
});

it("does not know the outcome when only the last attempt was refused on its way", async () => {
  await serverThat(drop, problem(404, "no-route", {}, { "proxy-status": "uptake" }));
  expect(await failed(add())).toMatchObject({ slug: "no-route", outcome: "unknown", keySpent: false });
});

it("knows the outcome by the answer that is kept", async () => {
  await serverThat(drop, problem(422, "invalid-body"));
  expect(await failed(add())).toMatchObject({ slug: "invalid-body", outcome: "none" });
});

it("does not wait longer for one answer than for all", async () => {
  limits.writeMs = 100;
  await serverThat(silence);
  expect(await failed(add())).toMatchObject({ kind: "timeout", outcome: "unknown" });
});

it("gives up at once where the server asks for more time than there is", async () => {
  const { received } = await serverThat(problem(503, "overloaded", {}, { "retry-after": "3600" }));
  expect(await failed(add())).toMatchObject({ retryAfter: 3600, outcome: "none" });
  expect(received.length).toBe(1);
});

it("waits for the network, however long, and goes on as soon as it is there", async () => {
  const { received } = await serverThat(drop, created);
  const adding = add();
  browser.go(false);
  await until(() => waiting.value === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  // More than all repeats may take: time without a network does not count.
  const now = Date.now() + 2 * limits.writeMs;
  vi.spyOn(Date, "now").mockImplementation(() => now);
  expect(received.length).toBe(1);
  browser.go(true);
  expect((await adding).data).toEqual(ada);
  expect(waiting.value).toBe(0);
});

it("does not sit out a wait when the browser comes online", async () => {
  limits.firstWaitMs = limits.longestWaitMs = 20_000;
  await serverThat(drop, created);
  const adding = add();
  await until(() => waiting.value === 1);
  browser.go(true);
  expect((await adding).data).toEqual(ada);
});

it("asks before it leaves only while a write waits", async () => {
  limits.firstWaitMs = limits.longestWaitMs = 20_000;
  const leave = () => !browser.window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  await serverThat(drop, created);
  const adding = add();
  await until(() => waiting.value === 1);
  expect(leave()).toBe(true);
  browser.go(true);
  await adding;
  expect(leave()).toBe(false);
});

it("stops when it is aborted", async () => {
  limits.firstWaitMs = limits.longestWaitMs = 20_000;
  await serverThat(drop);
  const controller = new AbortController();
  const adding = add(controller.signal);
  await until(() => waiting.value === 1);
  controller.abort(new Error("left"));
  await expect(adding).rejects.toThrow("left");
  expect(waiting.value).toBe(0);
});

it("lets only one state be changed, where a tag is given", async () => {
  const { received } = await serverThat(empty(204));
  const removed = await write("delete", "/ratings/{id}", {
    path: { id: "7" },
    key: newKey(),
    ifMatch: '"t"',
  });
  expect(removed.data).toBeUndefined();
  expect(received[0]).toMatchObject({ method: "DELETE", url: "/api/ratings/7" });
  expect(received[0]?.headers["if-match"]).toBe('"t"');
});
