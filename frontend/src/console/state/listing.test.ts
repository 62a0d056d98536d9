import { expect, test } from "vitest";

import { until } from "../../testing/eventually.ts";
import { type Behaviour, json, problem, serverThat } from "../../testing/server.ts";
import { readLetters } from "../api/letters.ts";
import { listing, PAGE } from "./listing.ts";

const part = (from: number, length: number, next: number | null): Behaviour =>
  json({ deadLetters: Array.from({ length }, (_, index) => ({ sequence: from + index })), next });

const letters = () => listing((part, signal) => readLetters({ service: "", cause: "" }, part, signal));

test("a list is read by pages, and never further than it is asked for", async () => {
  const { received } = await serverThat(part(1, PAGE, 50), part(51, 7, null));
  const list = letters();
  await until(() => list.data.value);
  expect([list.data.value?.items.length, list.data.value?.next, received.length]).toEqual([PAGE, 50, 1]);
  list.more();
  await until(() => list.data.value?.next === null);
  expect(list.data.value?.items.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 57 }, (_, index) => index + 1),
  );
});

test("where few of many match, several parts make a page, and not without an end", async () => {
  const { received } = await serverThat(part(1, 1, 1000), part(0, 0, 2000));
  const list = letters();
  await until(() => list.data.value);
  expect([list.data.value?.items.length, list.data.value?.next]).toEqual([1, 2000]);
  expect(received).toHaveLength(10);
});

test("what fails to come is read on when tried again, and what was there stays", async () => {
  await serverThat(part(1, PAGE, 50), problem(503, "jetstream-unavailable"), part(51, 1, null));
  const list = letters();
  await until(() => list.data.value);
  list.more();
  await until(() => list.failure.value);
  expect(list.data.value?.items).toHaveLength(PAGE);
  list.reload();
  await until(() => list.data.value?.items.length === PAGE + 1);
});

test("where no worker has made the place for dead letters yet, there are none", async () => {
  await serverThat(problem(404, "no-dead-letters"));
  const list = letters();
  await until(() => list.data.value);
  expect([list.data.value, list.failure.value]).toEqual([{ items: [], next: null }, undefined]);
});
