import { expect, test } from "vitest";

import { quietPlatform, serviceRow } from "../../testing/platform.ts";
import type { Point } from "./points.ts";
import { troublesOf } from "./troubles.ts";

const NOW = "2026-11-21T12:00:00Z";

function points(...changes: Partial<Point>[]): Point[] {
  const nothing = { responses: {}, waiting: {}, oldest: {}, busy: 0, permits: 0, deadLetters: 0 };
  const begin = Date.parse(NOW) - changes.length * 5000;
  return changes.map((change, index) => ({ at: begin + index * 5000, ...nothing, ...change }));
}

const texts = (...of: Parameters<typeof troublesOf>) =>
  troublesOf(...of).map(({ what, text, grave }) => `${grave ? "! " : ""}${what ?? ""}: ${text}`);

test("nothing is said of a platform where all is well", () => {
  const busy = serviceRow("hello", { waiting: 50, oldestSeconds: 0.4, inWork: 64, busy: 64 });
  const old = points({ responses: { "2xx": 100, "4xx": 3 }, deadLetters: 17 }, { deadLetters: 17 });
  expect(troublesOf(quietPlatform(NOW, { services: [busy], deadLetters: 17 }), old)).toEqual([]);
});

test("a service without a worker is told once, with what waits for one", () => {
  const service = serviceRow("hello", { noWorker: true, waiting: 1200, oldestSeconds: 60, class: "job" });
  expect(texts(quietPlatform(NOW, { services: [service] }), [])).toEqual([
    "! hello: no worker (job); 1,200 requests wait",
  ]);
});

test("calls that wait too long are told; long work while nothing waits is not, nor are jobs", () => {
  const late = serviceRow("late", { waiting: 1, oldestSeconds: 75 });
  const long = serviceRow("long", { waiting: 0, inWork: 1, oldestSeconds: 75 });
  const job = serviceRow("job", { class: "job", waiting: 5, inWork: 16, oldestSeconds: 75 });
  expect(texts(quietPlatform(NOW, { services: [late, long, job] }), [])).toEqual([
    "! late: 1 call waiting; the oldest is 1 min 15 s old",
  ]);
});

test("answers 5xx of the last minute, nearly full streams and new dead letters are told, the worst first", () => {
  const consumer = { name: "workers", fullness: 0.95 } as never;
  const stream = { name: "uptake-call-hello", fullness: 0.2, consumers: [consumer] } as never;
  const worker = { id: "w1", service: "hello", draining: true, classes: [] } as never;
  const platform = quietPlatform(NOW, {
    streams: [stream],
    workers: [worker],
    deadLetters: 19,
    errors: ["x"],
  });
  const seen = points({ deadLetters: 17 }, { responses: { "2xx": 97, "5xx": 3 }, deadLetters: 19 });
  expect(texts(platform, seen)).toEqual([
    "! : 3 % of the answers of the last minute were 5xx",
    "! uptake-call-hello: 95 % full: beyond the limits of its consumer nothing is delivered",
    ": 2 new dead letters in the last 15 minutes",
    "hello: worker w1 drains: it ends when its work is done",
    ": Not everything could be read: x",
  ]);
});

test("of a nearly full stream it is told what becomes of what is too much", () => {
  const full = (name: string, kind: string) => ({ name, kind, fullness: 0.9, consumers: [] }) as never;
  const streams = [full("uptake-call-hello", "call"), full("uptake-dead", "deadLetters")];
  expect(texts(quietPlatform(NOW, { streams }), [])).toEqual([
    "! uptake-call-hello: 90 % full: what is over its limit is refused",
    "! uptake-dead: 90 % full: beyond its limit the oldest are dropped",
  ]);
});
