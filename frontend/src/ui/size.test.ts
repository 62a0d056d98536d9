import { expect, test } from "vitest";

import { sizeInWords } from "./size.ts";

test("sizes are told in the unit that fits", () => {
  expect([0, 1, 1023, 1024, 12_600, 458_752, 5_242_880].map(sizeInWords)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 KiB",
    "12.3 KiB",
    "448 KiB",
    "5 MiB",
  ]);
});
