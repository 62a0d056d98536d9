import { expect, test } from "vitest";

import { initialOf } from "./avatar.tsx";

test("a name begins with what people see as one character", () => {
  expect(["amara", " Élodie", "👩‍👩‍👧 family", "יעל", ""].map(initialOf)).toEqual([
    "A",
    "É",
    "👩‍👩‍👧",
    "י",
    "",
  ]);
});
