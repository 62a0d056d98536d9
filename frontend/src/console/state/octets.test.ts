import fc from "fast-check";
import { expect, test } from "vitest";

import { octetsOf, readable, SHOWN_OCTETS } from "./octets.ts";

const of = (text: string) => readable(new TextEncoder().encode(text));

test("a body is JSON with indents, else text, else hex", () => {
  expect(of("")).toMatchObject({ form: "empty" });
  expect(of('{"a":[1,"<b>"]}')).toEqual({
    form: "JSON",
    text: '{\n  "a": [\n    1,\n    "<b>"\n  ]\n}',
    isCut: false,
  });
  expect(of("Grüße\r\n")).toMatchObject({ form: "text", text: "Grüße\r\n" });
  expect(of('"17"')).toMatchObject({ form: "text" });
  expect(readable(Uint8Array.of(0x48, 0x69, 0xff))).toMatchObject({
    form: "hex",
    text: `00000000  48 69 ff${" ".repeat(39)}  Hi.`,
  });
  expect(of("a\u0000b")).toMatchObject({ form: "hex" });
});

test("numbers that JavaScript would round are shown as they came", () => {
  expect(of('{"id":12345678901234567890}').text).toBe('{"id":12345678901234567890}');
});

test("of a large body the beginning is shown, without half a character at its end", () => {
  const { form, text, isCut } = of(`x${"é".repeat(SHOWN_OCTETS)}`);
  expect([form, isCut]).toEqual(["text", true]);
  expect(text).toHaveLength(SHOWN_OCTETS / 2);
  expect(text).not.toContain("\ufffd");
});

test("any octets come through Base64, and have a form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      const back = octetsOf(Buffer.from(octets).toString("base64"));
      expect([...back]).toEqual([...octets]);
      expect(["empty", "JSON", "text", "hex"]).toContain(readable(back).form);
    }),
  );
  expect(octetsOf("no Base64!")).toHaveLength(0);
});
