import { expect, test } from "vitest";

import {
  agoInWords,
  counted,
  durationInWords,
  numberInWords,
  percentInWords,
  rateInWords,
  seeable,
  shortNumber,
} from "./format.ts";

test("numbers have separators, and rates as many places as one can use", () => {
  expect([0, 999, 12_345, 1_000_000].map(numberInWords)).toEqual(["0", "999", "12,345", "1,000,000"]);
  expect([9_999, 10_000, 1_234_567].map(shortNumber)).toEqual(["9,999", "10K", "1.2M"]);
  expect([0, 0.04, 0.25, 1.26, 12.34, 99.96, 1234.5].map(rateInWords)).toEqual([
    "0",
    "0.04",
    "0.25",
    "1.3",
    "12.3",
    "100",
    "1,235",
  ]);
  expect([counted(1, "worker"), counted(1200, "worker")]).toEqual(["1 worker", "1,200 workers"]);
});

test("durations have two units at most", () => {
  expect(
    [0, 0.0012, 0.045, 0.44, 1, 9.95, 12.7, 65, 3600, 11_520, 90_000, 2_592_000].map(durationInWords),
  ).toEqual([
    "0 s",
    "1.2 ms",
    "45 ms",
    "0.4 s",
    "1 s",
    "9.9 s",
    "12 s",
    "1 min 5 s",
    "1 h",
    "3 h 12 min",
    "1 d 1 h",
    "30 d",
  ]);
  expect(durationInWords(Number.NaN)).toBe("0 s");
});

test("a share that is more than nothing is never told as nothing, nor one that is not all as all", () => {
  expect([0, 0.0001, 0.031, 0.996, 1].map(percentInWords)).toEqual([
    "0 %",
    "< 1 %",
    "3 %",
    "> 99 %",
    "100 %",
  ]);
});

test("what is of the future by a wrong clock is now", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect(agoInWords("2026-11-21T12:00:03Z", now)).toBe("now");
  expect(agoInWords("2026-11-21T11:58:55Z", now)).toBe("1 min 5 s ago");
  expect(agoInWords("no time", now)).toBe("");
});

test("characters that hide, or move others, are written out", () => {
  expect(seeable("a\u202eb\u0000c\u200bd\te\n")).toBe("a\\u202eb\\u0000c\\u200bd\te\n");
  expect(seeable("<b>é 漢 👩‍💻</b>")).toBe("<b>é 漢 👩\\u200d💻</b>");
});
