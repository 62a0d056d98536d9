// What the import pages do with text: pure, so that each rule has its test.

/** As many lines are shown before a file is sent. */
const PREVIEW_LINES = 5;
/** The most characters of such a line. */
const PREVIEW_WIDTH = 160;

/** The text of a file in UTF-8; undefined where it is none, for what cannot be read must not be imported as "�". */
export function textOf(octets: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/** The first lines of a file, as they are: whoever sees them knows whether it is the right one. */
export function previewOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/, PREVIEW_LINES);
  if (lines.at(-1) === "") {
    lines.pop();
  }
  return lines.map((line) => (line.length > PREVIEW_WIDTH ? `${line.slice(0, PREVIEW_WIDTH)}…` : line));
}

/** Columns that the first line must name. */
const NEEDED = ["service", "user", "score"];
/** What spreadsheets put between columns in place of commas, as their languages have it. */
const OTHER_SEPARATORS = [
  [";", "semicolons"],
  ["\t", "tabs"],
] as const;

/** What can be told to be wrong before anything is sent; undefined as a rule. */
export function faultOfFile(
  lines: readonly string[],
  octets: number,
  mostOctets: number,
): string | undefined {
  if (octets === 0) {
    return "This file is empty.";
  }
  if (octets > mostOctets) {
    const most = Math.floor(mostOctets / 1024);
    return `This file is too large: at most ${most} KiB can be imported at once. Split it into several.`;
  }
  const header = lines[0] ?? "";
  const missing = missingIn(header, ",");
  if (missing.length === 0) {
    return undefined;
  }
  const other = OTHER_SEPARATORS.find(([separator]) => missingIn(header, separator).length === 0);
  return other === undefined
    ? `The first line must name the columns service, user and score. It lacks: ${missing.join(", ")}.`
    : `The columns are separated by ${other[1]}. Save the file with commas; a score has a point, as in 4.5.`;
}

function missingIn(header: string, separator: string): string[] {
  const names = header.split(separator).map((name) => name.replaceAll('"', "").trim().toLowerCase());
  return NEEDED.filter((name) => !names.includes(name));
}

interface Refusal {
  line: number;
  text: string;
  reasons: readonly string[];
}

/** The refused lines as CSV (RFC 4180), to be mended in a spreadsheet. */
export function refusalsAsCsv(refusals: readonly Refusal[]): string {
  const rows = refusals.map(({ line, text, reasons }) => [String(line), text, reasons.join("; ")]);
  return [["line", "text", "reasons"], ...rows].map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
