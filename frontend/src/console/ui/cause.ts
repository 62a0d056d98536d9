import { CAUSES } from "../api/letters.ts";

const WORDS = new Map<string, string>(CAUSES);

/** Why a message was given up, as people say it. */
export function causeInWords(cause: string): string {
  return WORDS.get(cause) ?? cause;
}
