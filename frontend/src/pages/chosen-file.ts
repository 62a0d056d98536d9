import { MOST_OCTETS } from "../state/import.ts";
import { faultOfFile, previewOf, textOf } from "./csv.ts";

/** How much is shown of a file that is too large, in octets. */
const PREVIEW_OCTETS = 8 * 1024;

/** A file that was chosen, and what can be told of it before it is sent. */
export interface Chosen {
  file: File;
  /** What is sent: as it was when it was looked into, so that it is what people have seen. */
  text: string;
  lines: string[];
  fault: string | undefined;
}

/** Reads a file, unless it is too large anyway. */
export async function lookInto(file: File): Promise<Chosen> {
  const chosen = { file, text: "", lines: [] };
  try {
    if (file.size > MOST_OCTETS) {
      const lines = previewOf(await file.slice(0, PREVIEW_OCTETS).text());
      return { ...chosen, lines, fault: faultOfFile(lines, file.size, MOST_OCTETS) };
    }
    const text = textOf(await file.arrayBuffer());
    if (text === undefined) {
      return { ...chosen, fault: "This file is not in UTF-8. Spreadsheets can save it as “CSV UTF-8”." };
    }
    const lines = previewOf(text);
    return { file, text, lines, fault: faultOfFile(lines, file.size, MOST_OCTETS) };
  } catch {
    return { ...chosen, fault: "This file cannot be read. Choose it again." };
  }
}
