// Jobs as a client follows them: 202, `Location`, waiting, the answer.

import { ask } from "./ask.js";
import { ORIGIN } from "./settings.js";

// States that a job does not leave by itself.
const FINAL = ["done", "failed", "cancelled", "dead"];
// How long one question may wait for the end, in seconds, and how often it is asked again.
const WAIT_SECONDS = 5;
const QUESTIONS = 12;

export const ACCEPT = "accept a job";
export const WAIT = "wait for a job";
export const FETCH = "fetch its answer";

// Has a request executed as a job. Returns the path of the job, or undefined if it was not accepted.
export function submit(run, timeline, { method = "POST", path, body, key }) {
  const answer = ask(run, timeline, {
    name: ACCEPT,
    method,
    path,
    body,
    fields: { Prefer: "respond-async", "Idempotency-Key": key },
    expected: [202],
    right: (response) =>
      response.headers.Location.includes("/-/jobs/") &&
      response.headers["Preference-Applied"].includes("respond-async"),
  });
  return answer?.headers.Location;
}

// Waits for the end of a job, and returns the state in which it was seen last.
export function follow(run, timeline, location) {
  for (let question = 0; question < QUESTIONS; question += 1) {
    const answer = ask(run, timeline, {
      name: WAIT,
      url: ORIGIN + location,
      fields: { Prefer: `wait=${WAIT_SECONDS}` },
      right: (response) => location.endsWith(response.json().id),
    });
    const state = answer?.json().state;
    if (FINAL.includes(state)) {
      return state;
    }
  }
  return "unknown";
}

// The answer of a job that has ended.
export function fetchAnswer(run, timeline, location, status, right) {
  return ask(run, timeline, { name: FETCH, url: `${ORIGIN}${location}/response`, expected: [status], right });
}
