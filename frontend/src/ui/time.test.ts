import { expect, test } from "vitest";

import { absoluteTime, relativeTime } from "./time.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

test("the largest unit that fits is told", () => {
  const times = ["11:59:01", "11:59:00", "11:00:01", "11:00:00"].map((time) => `2026-11-21T${time}Z`);
  times.push("2026-11-20T12:00:00Z", "2026-11-15T12:00:00Z", "2026-11-14T12:00:00Z", "2026-09-01T12:00:00Z");
  times.push("2024-11-20T12:00:00Z");
  expect(times.map((time) => relativeTime(time, NOW))).toEqual([
    "just now",
    "1 minute ago",
    "59 minutes ago",
    "1 hour ago",
    "yesterday",
    "6 days ago",
    "last week",
    "2 months ago",
    "2 years ago",
  ]);
});

test("a clock behind the server's shows no future", () => {
  expect(relativeTime("2026-11-21T12:05:00Z", NOW)).toBe("just now");
});

test("what is no time is told as nothing", () => {
  expect([relativeTime("soon", NOW), absoluteTime("soon")]).toEqual(["", ""]);
});

test("the absolute time names day and year", () => {
  expect(absoluteTime("2026-11-21T12:00:00Z")).toContain("November 2026");
});
