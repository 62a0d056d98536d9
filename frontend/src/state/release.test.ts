import { beforeEach, expect, it, vi } from "vitest";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import { type Behaviour, serverThat } from "../testing/server.ts";

const page =
  (asset: string): Behaviour =>
  (response) =>
    void response.end(`<html><script type="module" crossorigin src="./assets/${asset}"></script></html>`);
const OURS = "index-AAAA.js";

beforeEach(() => {
  vi.resetModules();
  vi.restoreAllMocks();
  browser.show(true);
});

async function open() {
  const { newRelease, watchRelease } = await import("./release.ts");
  watchRelease();
  return newRelease;
}

function later(ms: number) {
  const now = Date.now() + ms;
  vi.spyOn(Date, "now").mockImplementation(() => now);
}

it("sees a new release when the page is shown again", async () => {
  const { received } = await serverThat(page("index-BBBB.js"));
  const newRelease = await open();
  later(300_000);
  browser.show(true);
  await until(() => newRelease.value);
  expect(received[0]?.url).toBe("/ui/");
});

it("sees none where there is none", async () => {
  const { received } = await serverThat(page(OURS));
  const newRelease = await open();
  later(300_000);
  browser.show(true);
  await until(() => received.length > 0);
  await received[0]?.closed;
  expect(newRelease.value).toBe(false);
});

it("does not ask often", async () => {
  const { received } = await serverThat(page("index-BBBB.js"));
  await open();
  browser.show(true);
  later(299_000);
  browser.show(true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(received.length).toBe(0);
});

it("asks when a part of the page is gone", async () => {
  await serverThat(page("index-BBBB.js"));
  const newRelease = await open();
  browser.window.dispatchEvent(new Event("vite:preloadError"));
  await until(() => newRelease.value);
});

it.each([
  ["an error", (response) => void response.writeHead(503).end("<script src='x.js'>")],
  ["a page without assets", (response) => void response.end("<h1>Welcome to the hotel</h1>")],
] as [string, Behaviour][])("does not take %s for a release", async (_, behaviour) => {
  const { received } = await serverThat(behaviour);
  const newRelease = await open();
  browser.window.dispatchEvent(new Event("vite:preloadError"));
  await until(() => received.length > 0);
  await received[0]?.closed;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(newRelease.value).toBe(false);
});
