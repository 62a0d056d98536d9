import { afterEach, expect, it, vi } from "vitest";
import { ApiError, withoutAnswer } from "../api/failure.ts";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import { gate } from "../testing/page.ts";
import { resource } from "./resource.ts";

afterEach(() => {
  vi.useRealTimers();
  browser.go(true);
});

const offline = () => Promise.reject(new ApiError(withoutAnswer("offline")));

it("loads at once", async () => {
  const one = resource(async () => 7);
  expect(one.loading.value).toBe(true);
  expect(one.data.value).toBeUndefined();
  await until(() => !one.loading.value);
  expect(one.data.value).toBe(7);
});

it("keeps what it has while it loads anew, and when that fails", async () => {
  const loads = [async () => 7, offline, async () => 8];
  const one = resource(() => (loads.shift() ?? offline)());
  await until(() => one.data.value);
  one.reload();
  expect(one.data.value).toBe(7);
  await until(() => one.failure.value);
  expect(one.failure.value).toMatchObject({ kind: "offline" });
  expect(one.data.value).toBe(7);
  one.reload();
  await until(() => one.data.value === 8);
  expect(one.failure.value).toBeUndefined();
});

it("shows what an earlier one of the same key had, and then what is", async () => {
  const first = resource(async () => 7, "a key");
  await until(() => first.data.value);
  first.dispose();
  const second = resource(async () => 8, "a key");
  expect(second.data.value).toBe(7);
  await until(() => second.data.value === 8);
});

it("drops what is not there any more", async () => {
  const gone = new ApiError({ ...withoutAnswer("offline"), kind: "problem", status: 404 });
  const loads = [async () => 7, () => Promise.reject(gone)];
  const one = resource(() => (loads.shift() ?? offline)(), "gone");
  await until(() => one.data.value);
  one.reload();
  await until(() => one.failure.value);
  expect(one.data.value).toBeUndefined();
  expect(resource(offline, "gone").data.value).toBeUndefined();
});

it("is slow after a while without an answer, until there is one", async () => {
  vi.useFakeTimers();
  const { promise, open } = gate();
  const one = resource(() => promise);
  vi.advanceTimersByTime(2_999);
  expect(one.slow.value).toBe(false);
  vi.advanceTimersByTime(1);
  expect(one.slow.value).toBe(true);
  open();
  await vi.advanceTimersByTimeAsync(0);
  expect(one.slow.value).toBe(false);
});

it("takes only the answer of the last load", async () => {
  const { promise, open } = gate();
  const loads = [() => promise.then(() => 1), async () => 2];
  const one = resource(() => (loads.shift() ?? offline)());
  one.reload();
  await until(() => one.data.value === 2);
  open();
  await new Promise((resolve) => setTimeout(resolve));
  expect(one.data.value).toBe(2);
});

it("stops when nobody looks any more", async () => {
  let given: AbortSignal | undefined;
  const one = resource((signal) => {
    given = signal;
    return new Promise(() => {});
  });
  one.dispose();
  expect(given?.aborted).toBe(true);
});

it("loads again by itself when the network is back", async () => {
  const loads = [offline, async () => 7];
  const one = resource(() => (loads.shift() ?? offline)());
  browser.go(false);
  await until(() => one.failure.value);
  browser.go(true);
  await until(() => one.data.value === 7);
  one.dispose();
});

it("reports a defect of the page, and shows that something is wrong", async () => {
  const defect = new TypeError("x is undefined");
  const one = resource(() => Promise.reject(defect));
  await until(() => one.failure.value);
  expect(browser.defects).toContain(defect);
});
