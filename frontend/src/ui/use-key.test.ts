import { expect, it } from "vitest";

import { ofAnswer, withoutAnswer } from "../api/failure.ts";
import { keys } from "./use-key.ts";

const refused = () => ofAnswer(422, new Headers(), { type: "urn:uptake:problem:invalid-body", title: "T" });

it("keeps its key for the same content, also after an answer that was lost", () => {
  const keyOf = keys();
  const key = keyOf(["Ada"], undefined);
  expect(keyOf(["Ada"], undefined)).toBe(key);
  expect(keyOf(["Ada"], withoutAnswer("offline"))).toBe(key);
  expect(keyOf(["Ada"], undefined)).toBe(key);
});

it("has another key for other content, and after an answer that is kept under it", () => {
  const keyOf = keys();
  const failure = refused();
  const all = [
    keyOf(["Ada"], undefined),
    keyOf(["Eve"], undefined),
    keyOf(["Eve"], failure),
    keyOf(["Eve"], refused()),
  ];
  expect(new Set(all).size).toBe(all.length);
});

it("keeps the key of a press on its way, for which the failure of the one before goes", () => {
  const keyOf = keys();
  const failure = refused();
  keyOf(["Ad"], undefined);
  keyOf(["Ad"], failure);
  const pressed = keyOf(["Ada"], failure);
  expect(keyOf(["Ada"], undefined)).toBe(pressed);
  expect(keyOf(["Ada"], withoutAnswer("timeout"))).toBe(pressed);
});
