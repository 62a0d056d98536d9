import { expect, test } from "vitest";

import { proxyRow, quietPlatform, serviceRow } from "../../testing/platform.ts";
import { byPermits, byStatus, byStream, MOST_LINES, newestOf, spanOf } from "./lines.ts";
import {
  failedShare,
  type Point,
  pointOfHistory,
  pointOfOverview,
  SPAN_SECONDS,
  withPoints,
} from "./points.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function point(seconds: number, change: Partial<Point> = {}): Point {
  const nothing = { responses: {}, waiting: {}, oldest: {}, busy: 0, permits: 0, deadLetters: 0 };
  return { at: START + seconds * 1000, ...nothing, ...change };
}

test("rates are differences of each proxy's counters: a new one, and one that began anew, add nothing wrong", () => {
  const before = quietPlatform(at(0), {
    proxies: [proxyRow("a", { "2xx": 100, "5xx": 4 }), proxyRow("b", { "2xx": 50 })],
  });
  const now = quietPlatform(at(2), {
    proxies: [
      proxyRow("a", { "2xx": 300, "5xx": 5 }),
      proxyRow("b", { "2xx": 10 }),
      proxyRow("c", { "2xx": 7000 }),
    ],
  });
  expect(pointOfOverview(before, now).responses).toEqual({ "2xx": 100, "3xx": 0, "4xx": 0, "5xx": 0.5 });
  expect(pointOfOverview(undefined, now).responses).toBeUndefined();
  expect(pointOfOverview(now, now).responses).toBeUndefined();
});

test("what the proxy has kept, and what is seen live, become one line", () => {
  const kept = { "uptake-call-hello": 3, "uptake-call-b": 0 };
  const figures = {
    responses: null,
    oldestSeconds: { "uptake-call-hello": 1.5, "uptake-call-b": 90, c: null },
    busy: 1,
    permits: 64,
    deadLetters: 2,
  };
  const old = pointOfHistory({ at: at(0), waiting: kept, ...figures });
  expect(old).toMatchObject({
    at: START,
    oldest: { "uptake-call-hello": 1.5, "uptake-call-b": 0, c: 0 },
    responses: undefined,
  });
  const service = serviceRow("hello", { waiting: 5, oldestSeconds: 0.5 });
  const live = pointOfOverview(undefined, quietPlatform(at(2), { services: [service] }));
  const names = new Map([["uptake-call-hello", "hello"]]);
  const drawing = byStream(withPoints([old], [live, old]), "waiting", names);
  expect(drawing.times).toEqual([START / 1000, START / 1000 + 2]);
  expect(drawing.lines).toMatchObject([{ label: "hello", values: [3, 5] }, { values: [0, 0] }]);
});

test("of a moment that was told twice, what knows more is kept", () => {
  const [known, unknown] = [point(0, { responses: { "2xx": 1 } }), { ...point(0), responses: undefined }];
  for (const points of [withPoints([known], [unknown]), withPoints([unknown], [known])]) {
    expect(points).toEqual([known]);
  }
});

test("points are kept for 15 minutes, in the order of time", () => {
  const points = withPoints([point(0), point(10)], [point(SPAN_SECONDS + 5), point(20)]);
  expect(points.map(({ at }) => (at - START) / 1000)).toEqual([10, 20, SPAN_SECONDS + 5]);
});

test("where nobody looked there is a gap, and where a rate is not known yet there is none", () => {
  const points = [
    point(0, { responses: { "2xx": 1 } }),
    { ...point(5), responses: undefined },
    point(7, { responses: { "2xx": 2 } }),
    point(60, { responses: { "2xx": 3 } }),
  ];
  const { times, lines } = byStatus(points);
  expect(times).toHaveLength(5);
  expect(lines[0]?.values).toEqual([1, undefined, 2, null, 3]);
  expect(byPermits(points).lines.map(newestOf)).toEqual([0, 0]);
});

test("the share of 5xx counts each rate for as long as it is about", () => {
  const points = [
    point(0, { responses: { "5xx": 1000 } }),
    point(50, { responses: { "2xx": 10 } }),
    point(60, { responses: { "2xx": 5, "5xx": 5 } }),
    point(62, { responses: { "2xx": 10 } }),
  ];
  expect(failedShare(points, 12)).toBeCloseTo(50 / 120);
  expect(failedShare([], 60)).toBeUndefined();
  expect(failedShare([point(0)], 60)).toBeUndefined();
});

test("of many streams those that were highest have a line of their own, in an order that does not change", () => {
  const waiting = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, index]));
  const { lines } = byStream([point(0, { waiting })], "waiting", new Map());
  expect(lines).toHaveLength(MOST_LINES);
  expect(lines.map(({ label }) => label)).toEqual(["s14", "s15", "s16", "s17", "s18", "s19", "14 others"]);
  expect(lines.at(-1)?.values).toEqual([91]);
  const oldest = byStream([point(0, { oldest: waiting })], "oldest", new Map());
  expect(oldest.lines.at(-1)?.values).toEqual([13]);
});

test("a chart shows what is known, but at least two minutes and at most fifteen", () => {
  const seconds = (points: Point[]) => {
    const [from, to] = spanOf(byPermits(points));
    return to - from;
  };
  expect(seconds([point(0), point(30)])).toBe(120);
  expect(seconds([point(0), point(300)])).toBe(300);
  expect(seconds([point(0), point(9_000)])).toBe(SPAN_SECONDS);
  expect(seconds([])).toBe(120);
});
