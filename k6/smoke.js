// Question: does everything that clients use work at all?
//
// One user goes through the whole API, once after the other: users, services, ratings, pages, states (ETag), refusals, a
// repeat with a key, a job. It is about right answers, not about time, so it may run anywhere, also on a busy machine.
// How to read it: anything but green is a defect, or not the platform. "What was not so" names what was wrong.

import { fail } from "k6";

import { ask } from "./lib/ask.js";
import { newKey, newRun, removeMembers } from "./lib/data.js";
import { ACCEPT, FETCH, fetchAnswer, follow, submit, WAIT } from "./lib/jobs.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { until } from "./lib/timeline.js";

const ROUNDS = setting("ROUNDS", 3);

const timeline = until(3600, 1);
const names = [
  ...[
    "create a user",
    "repeat it",
    "create a service",
    "rate it",
    "rate it again",
    "rate it wrongly",
    "see its average",
  ],
  ...[
    "ask if it has changed",
    "list its ratings",
    "change the rating",
    "find the user",
    "ask for nothing",
    "delete the rating",
  ],
  ...[ACCEPT, WAIT, FETCH],
];
const slos = [
  RIGHT,
  slo(
    "served",
    "rate==1",
    "One user at a time is no load: each request is answered with the status that it must have.",
  ),
  slo("answers{class:ok}", `count>=${ROUNDS * names.length}`, "Every round came to its end."),
];

export const options = {
  ...COMMON,
  scenarios: { rounds: { executor: "per-vu-iterations", vus: 1, iterations: ROUNDS, maxDuration: "5m" } },
  thresholds: thresholds(slos, timeline, names),
};
export const setup = () => newRun();
export const teardown = removeMembers;
export const handleSummary = summary({
  name: "smoke",
  question: "Does everything that clients use work at all?",
  slos,
  timeline,
  names,
});

export default function (run) {
  const send = (name, method, path, rest) =>
    ask(run, timeline, { name, method, path, ...rest }) ??
    fail(`the round ends: ${name} has not the status that it must have`);
  const name = `${run.prefix}${newKey()}`;
  const user = createTwice(send, name);
  const service = send("create a service", "POST", "/services", {
    body: { name },
    expected: [201],
    right: (response) => response.json().name === name && response.json().ratingCount === 0,
  }).json("id");
  const rating = rate(send, user, service);
  look(send, user, service, name);
  change(send, rating, service);
  send("ask for nothing", "GET", `/no-such-path-${newKey()}`, {
    expected: [404],
    right: (response) => response.json().type === "urn:uptake:problem:no-route",
  });
  job(run, `${name}-job`);
}

// A repeat with the same key is answered as the first request was.
function createTwice(send, name) {
  const request = { body: { name }, fields: { "Idempotency-Key": newKey() }, expected: [201] };
  const first = send("create a user", "POST", "/users", {
    ...request,
    right: (response) =>
      response.json().name === name && response.headers.Location.endsWith(`/users/${response.json().id}`),
  });
  send("repeat it", "POST", "/users", {
    ...request,
    right: (response) => response.body === first.body && response.headers["Idempotency-Replayed"] === "true",
  });
  return first.json("id");
}

function rate(send, userId, serviceId) {
  const body = { userId, serviceId, score: 4.5, comment: "Good, 好, جيد, 👍" };
  const rating = send("rate it", "POST", "/ratings", {
    body,
    expected: [201],
    right: (response) => Object.entries(body).every(([member, value]) => response.json()[member] === value),
  }).json("id");
  send("rate it again", "POST", "/ratings", {
    body,
    expected: [409],
    right: (response) => response.json().errors[0].ratingId === rating,
  });
  send("rate it wrongly", "POST", "/ratings", {
    body: { ...body, score: 7, stars: 1 },
    expected: [422],
    right: (response) =>
      response
        .json()
        .errors.map((error) => error.pointer)
        .join() === "/score,/stars",
  });
  return rating;
}

function look(send, user, service, name) {
  const seen = send("see its average", "GET", `/services/${service}`, {
    right: (response) => response.json().averageScore === 4.5 && response.json().ratingCount === 1,
  });
  send("ask if it has changed", "GET", `/services/${service}`, {
    fields: { "If-None-Match": seen.headers.Etag },
    expected: [304],
    right: (response) => !response.body,
  });
  send("list its ratings", "GET", `/ratings?serviceId=${service}`, {
    right: (response) =>
      response
        .json()
        .items.map((rating) => rating.userId)
        .join() === user,
  });
  send("find the user", "GET", `/users?name=${name}`, {
    right: (response) =>
      response
        .json()
        .items.map((found) => found.id)
        .join() === user,
  });
}

function change(send, rating, service) {
  const path = `/ratings/${rating}`;
  send("change the rating", "PATCH", path, {
    body: { score: 2 },
    right: (response) => response.json().score === 2,
  });
  send("see its average", "GET", `/services/${service}`, {
    right: (response) => response.json().averageScore === 2,
  });
  send("delete the rating", "DELETE", path, { expected: [204] });
  send("see its average", "GET", `/services/${service}`, {
    right: (response) => response.json().ratingCount === 0,
  });
}

function job(run, name) {
  const location = submit(run, timeline, { path: "/users", body: { name }, key: newKey() });
  if (location !== undefined) {
    follow(run, timeline, location);
    fetchAnswer(run, timeline, location, 201, (response) => response.json().name === name);
  }
}
