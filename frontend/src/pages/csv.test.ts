import { expect, test } from "vitest";

import { faultOfFile, previewOf, refusalsAsCsv, textOf } from "./csv.ts";

const HEADER = "service,user,score,comment";

test("the preview is the first five lines, whatever ends them", () => {
  expect(previewOf("a\r\nb\nc\rd\ne\nf\n")).toEqual(["a", "b", "c", "d", "e"]);
});

test("the preview has neither the mark of an encoding nor an empty last line", () => {
  expect(previewOf(`\uFEFF${HEADER}\n`)).toEqual([HEADER]);
});

test("a long line is cut in the preview", () => {
  expect(previewOf("x".repeat(500))[0]).toHaveLength(161);
});

test("columns may come in any order and case, and in quotes", () => {
  expect(faultOfFile(['"Score", user ,"SERVICE "'], 100, 1000)).toBeUndefined();
});

test("what is no UTF-8 is no text, and a byte order mark is no part of it", () => {
  const text = (...octets: number[]) => textOf(new Uint8Array(octets).buffer);
  expect(text(0xef, 0xbb, 0xbf, 0x43, 0xc3, 0xa9)).toBe("Cé");
  expect(text(0x43, 0xe9)).toBeUndefined();
});

test("missing columns are named", () => {
  expect(faultOfFile(["service,score"], 100, 1000)).toContain("It lacks: user.");
});

test("columns that a spreadsheet has separated by something else are no missing columns", () => {
  expect(faultOfFile(['"service";user;score;comment'], 100, 1000)).toContain("separated by semicolons.");
  expect(faultOfFile(["service\tuser\tscore"], 100, 1000)).toContain("separated by tabs.");
});

test("an empty file is told", () => {
  expect(faultOfFile([], 0, 1000)).toBe("This file is empty.");
});

test("a file over the limit is told before its columns are looked at", () => {
  expect(faultOfFile([""], 2049, 2048)).toContain("at most 2 KiB");
});

test("refused lines can be read back from their CSV", () => {
  const refusals = [{ line: 7, text: 'Café,"No ""body""",4', reasons: ["no user", "no score"] }];
  expect(refusalsAsCsv(refusals)).toBe(
    'line,text,reasons\r\n7,"Café,""No """"body"""""",4",no user; no score\r\n',
  );
});
