/** Octets of a body that are shown; the others are to be downloaded. */
export const SHOWN_OCTETS = 64 * 1024;

/** Octets in a line of hex. */
const HEX_LINE = 16;

/** A body in a form that people can read. It is only ever text: nothing is made of it. */
export interface Readable {
  form: "empty" | "JSON" | "text" | "hex";
  text: string;
  /** Whether this is only its beginning. */
  isCut: boolean;
}

/** The octets of a Base64 text; none of a text that is not Base64. */
export function octetsOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** JSON with indents, else text, else hex. */
export function readable(octets: Uint8Array): Readable {
  if (octets.length === 0) return { form: "empty", text: "", isCut: false };
  const isCut = octets.length > SHOWN_OCTETS;
  const shown = octets.subarray(0, SHOWN_OCTETS);
  const text = textOf(shown, isCut);
  if (text === undefined) return { form: "hex", text: hexOf(shown), isCut };
  const pretty = isCut ? undefined : prettyJson(text);
  return pretty === undefined ? { form: "text", text, isCut } : { form: "JSON", text: pretty, isCut };
}

/** Undefined if it is no UTF-8, or has characters that no text has. */
function textOf(octets: Uint8Array, isCut: boolean): string | undefined {
  try {
    // Of a character that was cut in two the first part is left out.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(octets, { stream: isCut });
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The same JSON with indents. Numbers that JavaScript would round stay as they are: then nothing is changed. */
function prettyJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return /\d{16}/.test(text) ? text : JSON.stringify(value, null, 2);
  } catch {
    return undefined;
  }
}

/** "00000010  48 65 6c 6c 6f …  Hello". */
function hexOf(octets: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += HEX_LINE) {
    const part = [...octets.subarray(at, at + HEX_LINE)];
    const hex = part.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const text = part
      .map((octet) => (octet >= 32 && octet < 127 ? String.fromCharCode(octet) : "."))
      .join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(HEX_LINE * 3 - 1)}  ${text}`);
  }
  return lines.join("\n");
}
