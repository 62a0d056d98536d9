import { expect, test } from "vitest";

import type { Job } from "../api/jobs.ts";
import { standing } from "./standing.ts";

const job: Job = { id: "1", state: "running", run: 1, attempts: 1, created: "2026-11-21T12:00:00Z" };

test("an import says in its own words how far it is", () => {
  expect(standing({ ...job, progress: { text: "50 of 120 lines, 0 refused" } })).toBe(
    "50 of 120 lines, 0 refused",
  );
});

test("an import that has said nothing waits, begins, or goes on after its worker died", () => {
  expect(standing({ ...job, state: "accepted" })).toBe("Waiting for its turn…");
  expect(standing(job)).toBe("Beginning…");
  expect(standing({ ...job, attempts: 2 })).toBe("Going on after an interruption…");
});
