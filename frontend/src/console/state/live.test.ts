import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";

import { browser } from "../../testing/browser.ts";
import { eventually, until } from "../../testing/eventually.ts";
import { proxyRow, quietPlatform } from "../../testing/platform.ts";
import { type Behaviour, drop, json, problem, serverThat } from "../../testing/server.ts";
import {
  failure,
  forget,
  heardAt,
  history,
  live,
  overview,
  rhythm,
  seenStreams,
  silentSince,
} from "./live.ts";
import { checkSession, session } from "./session.ts";

const START = Date.parse("2026-11-21T12:00:00Z");

beforeEach(() => Object.assign(rhythm, { everyMs: 5, missedMs: 60_000 }));
afterEach(forget);

/** A platform that answers once more, and is a moment older, each time that it is looked at. */
function platform(instead: (look: number) => Behaviour | undefined = () => undefined) {
  let looks = 0;
  const kept = { waiting: {}, oldestSeconds: {}, busy: 0, permits: 0, deadLetters: 0 };
  const answer: Behaviour = (response, request) => {
    if (request.url === "/api/session") return json({ signedIn: true })(response, request);
    if (request.url === "/api/history") {
      const at = new Date(START - 5000 + looks * 1000).toISOString();
      return json({ every: 5, points: [{ at, responses: { "2xx": 7 }, ...kept }] })(response, request);
    }
    looks += 1;
    const at = new Date(START + looks * 1000).toISOString();
    const told = quietPlatform(at, { proxies: [proxyRow("a", { "2xx": looks * 3 })] });
    return (instead(looks) ?? json(told))(response, request);
  };
  return serverThat(answer);
}

function begin(): void {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void live(stop.signal);
}

test("charts begin with what the proxy has kept, and go on with what is seen", async () => {
  await platform();
  begin();
  await until(() => history.value.length > 3);
  expect(history.value.map(({ responses }) => responses?.["2xx"]).slice(0, 4)).toEqual([7, undefined, 3, 3]);
  expect(silentSince.value).toBeUndefined();
});

test("without answers it says since when, keeps what was there, and asks for what was missed once there are some", async () => {
  const { received } = await platform((look) => (look > 2 && look < 6 ? drop : undefined));
  begin();
  await until(() => silentSince.value !== undefined);
  expect([silentSince.value, failure.value?.kind]).toEqual([heardAt.value, "offline"]);
  expect(overview.value).toBeDefined();
  rhythm.missedMs = 0;
  await until(() => silentSince.value === undefined);
  expect(received.filter(({ url }) => url === "/api/history").length).toBeGreaterThan(1);
});

test("nothing is asked while nobody looks", async () => {
  const { received } = await platform();
  begin();
  await until(() => overview.value);
  browser.show(false);
  onTestFinished(() => browser.show(true));
  const asked = received.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  // One look may have been on its way.
  expect(received.length).toBeLessThanOrEqual(asked + 1);
  browser.show(true);
  await until(() => received.length > asked + 1);
});

test("who is not signed in any more is told so, and nothing more is asked", async () => {
  const { received } = await platform((look) => (look > 1 ? problem(401, "sign-in-needed") : undefined));
  await checkSession();
  begin();
  await until(() => session.value.is === "out");
  expect(session.value).toMatchObject({ why: expect.stringContaining("ended") });
  const asked = received.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(received.length).toBe(asked);
});

test("a stream that vanishes is still known", async () => {
  const stream = { name: "s", consumers: [], fullness: 0 } as never;
  let looks = 0;
  await serverThat((response, request) => {
    if (request.url === "/api/history") return json({ every: 5, points: [] })(response, request);
    looks += 1;
    const at = new Date(START + looks * 1000).toISOString();
    return json(quietPlatform(at, { streams: looks > 2 ? [] : [stream] }))(response, request);
  });
  begin();
  await eventually(() => {
    expect(overview.value?.streams).toEqual([]);
    expect([...seenStreams.value.keys()]).toEqual(["s"]);
  });
});
