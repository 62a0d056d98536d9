// Question: does a request that is repeated with its key take effect once?
//
// Each write is sent three times with one `Idempotency-Key`: by turns one after the other, or at once, as a nervous finger
// and a client with a short temper do. All answers must be the same, and at the end the API is asked what there is.
// How to read it: it is about right or wrong. "What was not so" tells whether answers differed, or whether there was more (or
// less) than one effect. The times of "at once" hold the wait for the one that does the work.

import { check } from "k6";
import exec from "k6/execution";

import { ask, askAtOnce } from "./lib/ask.js";
import { all, newKey, newRunWith, removeMembers } from "./lib/data.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { until } from "./lib/timeline.js";

const WRITES = setting("WRITES", 300);
const VUS = setting("VUS", 10);
const TIMES = 3;

const timeline = until(120, 24);
const names = ["create one by one", "create at once", "rate one by one", "rate at once", "look"];
const slos = [
  RIGHT,
  slo("served", "rate==1", "A repeat is answered as the first request was, never refused."),
  slo("answers{class:ok}", `count>=${WRITES * (2 * TIMES + 1)}`, "Every write and every repeat was sent."),
];

export const options = {
  ...COMMON,
  scenarios: { writes: { executor: "shared-iterations", vus: VUS, iterations: WRITES, maxDuration: "10m" } },
  thresholds: thresholds(slos, timeline, names),
};
export const setup = () => newRunWith(0, 1);
export const handleSummary = summary({
  name: "idempotency",
  question: "Does a request that is repeated with its key take effect once?",
  slos,
  timeline,
  names,
});

export default function (run) {
  const number = exec.scenario.iterationInTest;
  const atOnce = number % 2 === 1;
  const name = `${run.prefix}${number}.`;
  const user = repeat(run, atOnce, "create", "/users", { name });
  if (user !== undefined) {
    repeat(run, atOnce, "rate", "/ratings", {
      userId: user,
      serviceId: run.services[0],
      score: (number % 11) / 2,
    });
  }
  ask(run, timeline, {
    name: "look",
    path: `/users?name=${name}`,
    right: (response) =>
      response
        .json()
        .items.map((found) => found.id)
        .join() === user,
  });
}

// Sends one write several times, and returns the id that all answers name.
function repeat(run, atOnce, verb, path, body) {
  const fields = { "Idempotency-Key": newKey() };
  const request = {
    name: `${verb} ${atOnce ? "at once" : "one by one"}`,
    method: "POST",
    path,
    body,
    fields,
    expected: [201],
  };
  const requests = Array.from({ length: TIMES }, () => request);
  const answers = atOnce
    ? askAtOnce(run, timeline, requests)
    : requests.map((each) => ask(run, timeline, each));
  const bodies = new Set(answers.map((answer) => answer?.body));
  check(bodies, { [`${verb}: all answers are the same`]: () => bodies.size === 1 });
  return answers.find((answer) => answer !== undefined)?.json("id");
}

// What there is at the end: one user for each name, one rating for each user.
export function teardown(run) {
  const users = all(`/users?name=${run.prefix}&limit=200`);
  const ratings = all(`/ratings?serviceId=${run.services[0]}&limit=200`);
  check(run, {
    "there is one user for each write": () => users.length === WRITES && distinct(users, "name") === WRITES,
    "there is one rating for each user": () =>
      ratings.length === WRITES && distinct(ratings, "userId") === WRITES,
  });
  removeMembers(run);
}

function distinct(items, member) {
  return new Set(items.map((item) => item[member])).size;
}
