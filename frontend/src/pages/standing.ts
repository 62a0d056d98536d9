import type { Job } from "../api/jobs.ts";

/** Where an import stands, in words: its own as far as it has said some. */
export function standing({ state, attempts, progress }: Job): string {
  if (progress?.text !== undefined) {
    return progress.text;
  }
  if (state === "accepted") {
    return "Waiting for its turn…";
  }
  // The progress went with the attempt; what was imported did not.
  return attempts > 1 ? "Going on after an interruption…" : "Beginning…";
}
