import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { failureOf, ofAnswer, secondsOf } from "./failure.ts";
import { wordsFor } from "./words.ts";

const document = readFileSync(new URL("../../../docs/problems.md", import.meta.url), "utf8");

/** The slugs in the first column of the tables of docs/problems.md. */
const slugs = [...document.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
  (cell ?? "").split(", ").map((slug) => slug.replaceAll("`", "")),
);

it("finds the slugs of the document", () => {
  expect(slugs.length).toBeGreaterThan(50);
  expect(slugs).toContain("rating-not-found");
});

it.each([...new Set(slugs)])("has words for %s", (slug) => {
  const { title, detail, known } = wordsFor(slug, 0);
  expect(known).toBe(true);
  expect(title).toMatch(/^[A-Z].*[^.]$/);
  expect(detail).toMatch(/^[A-Z].*\.$/);
});

const answer = (status: number, body: unknown, fields: Record<string, string> = {}) =>
  ofAnswer(status, new Headers(fields), body);
const problem = (slug: string, members: object = {}) => ({
  type: `urn:uptake:problem:${slug}`,
  title: "T",
  ...members,
});

it("names the fields that are wrong", () => {
  const errors = [
    { pointer: "/score", detail: "must be a number" },
    { pointer: "/items/3/a~1b~0c", detail: "is missing" },
    { pointer: "", detail: "must be an object" },
    { parameter: "limit", detail: "is too large" },
  ];
  const { fields } = answer(422, problem("invalid-body", { errors }));
  expect(fields.map(({ name }) => name)).toEqual(["score", "a/b~c", "", "limit"]);
  expect(fields[0]?.text).toBe("must be a number");
});

it("names the rating in the way", () => {
  const errors = [{ pointer: "", detail: "exists", ratingId: "7" }];
  expect(answer(409, problem("rating-exists", { errors })).ratingId).toBe("7");
});

it("takes the request id from the problem, else from the field", () => {
  const fields = { "x-request-id": "from the field" };
  expect(answer(500, problem("internal", { requestId: "own" }), fields).requestId).toBe("own");
  expect(answer(502, undefined, fields).requestId).toBe("from the field");
});

it("reads Retry-After as seconds and as a date", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect(secondsOf("7", now)).toBe(7);
  expect(secondsOf("Sat, 21 Nov 2026 12:00:30 GMT", now)).toBe(30);
  expect(secondsOf("Sat, 21 Nov 2026 11:00:00 GMT", now)).toBe(0);
  expect(secondsOf("soon", now)).toBeUndefined();
  expect(secondsOf(null, now)).toBeUndefined();
});

it.each([
  [422, "invalid-body", {}, "none"],
  [503, "stream-full", {}, "none"],
  [503, "job-store-unavailable", {}, "unknown"],
  [500, "internal", {}, "none"],
  [500, "internal", { "proxy-status": "uptake" }, "unknown"],
  [502, "request-undecodable", {}, "none"],
  [502, "worker-lost", {}, "unknown"],
  [504, "job-still-running", {}, "unknown"],
])("knows what may have happened at %i %s %o: %s", (status, slug, fields, outcome) => {
  expect(answer(status, problem(slug), fields).outcome).toBe(outcome);
});

it.each([
  [422, problem("invalid-body"), {}, true],
  [422, problem("idempotency-key-reused"), { "proxy-status": "uptake" }, true],
  [404, problem("no-route"), { "proxy-status": "uptake" }, false],
  [401, problem("invalid-token"), { "proxy-status": "uptake" }, false],
  [403, "<html>", {}, false],
  [403, "<html>", { "idempotency-replayed": "true" }, true],
  [500, problem("handler-panicked"), { "proxy-status": "uptake" }, true],
])("knows whether %i %o %o is kept under the key: %s", (status, body, fields, isSpent) => {
  expect(answer(status, body, fields).keySpent).toBe(isSpent);
});

it("has the service's own words for a problem that it does not know", () => {
  expect(answer(418, problem("teapot", { detail: "Short and stout." }))).toMatchObject({
    kind: "problem",
    title: "T",
    detail: "Short and stout.",
  });
});

it("tells where a file is wrong", () => {
  const problem = {
    type: "urn:uptake:problem:invalid-csv",
    title: "T",
    detail: "a quote is never closed",
    line: 2,
  };
  expect(answer(422, problem).detail).toBe("Line 2: a quote is never closed.");
});

it("calls what is no problem document foreign", () => {
  for (const body of ["<html>", null, [], { error: "x" }, Symbol("broken")]) {
    expect(answer(502, body)).toMatchObject({ kind: "foreign", slug: "", status: 502 });
  }
});

it("has words for a defect of the page", () => {
  expect(failureOf(new TypeError("x is undefined")).title).toBe("Something went wrong in this page");
});
