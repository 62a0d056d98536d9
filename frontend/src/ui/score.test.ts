import { expect, test } from "vitest";

import { averageInWords, counted, distributionInWords, halvesOf, SCORES, starsInWords } from "./score.ts";

test("an average fills the nearest half star", () => {
  expect([0, 0.2, 0.25, 3.74, 3.75, 4.9, 5].map(halvesOf)).toEqual([0, 0, 1, 7, 8, 10, 10]);
});

test("what is out of range fills no more than five stars and no less than none", () => {
  expect([-1, 7].map(halvesOf)).toEqual([0, 10]);
});

test("there are eleven scores in steps of a half", () => {
  expect(SCORES).toHaveLength(11);
  expect(SCORES.every((score, index) => score === index / 2)).toBe(true);
});

test("one star and one rating are singular", () => {
  expect([starsInWords(1), starsInWords(0.5), counted(1, "rating"), counted(1200, "rating")]).toEqual([
    "1 star",
    "0.5 stars",
    "1 rating",
    "1,200 ratings",
  ]);
});

test("an average has one decimal place", () => {
  expect([4, 3.6666].map(averageInWords)).toEqual(["4.0", "3.7"]);
});

test("a distribution is told from the best score and leaves out what nobody gave", () => {
  const distribution = SCORES.map((score) => ({ score, count: score === 5 ? 3 : score === 2.5 ? 1 : 0 }));
  expect(distributionInWords(distribution)).toBe("Of 4 ratings, 3 gave 5, 1 gave 2.5.");
});

test("an empty distribution says so", () => {
  expect(distributionInWords([])).toBe("No ratings yet.");
});
