// Requests whose answers are judged and counted.

import { check } from "k6";
import http from "k6/http";
import { Counter, Gauge, Rate, Trend } from "k6/metrics";

import { BASE_URL, TIMEOUT_SECONDS } from "./settings.js";
import { stepAt } from "./timeline.js";

// What can become of a request:
// - ok: it has an answer with a status that its script expects;
// - shed: the platform has refused it for now, and says when to come again (503 or 429 with `Retry-After`);
// - refused: another 4xx, or a status that nobody expects;
// - failed: 5xx, as from a broken service or over a budget;
// - lost: no answer at all.
export const CLASSES = ["ok", "shed", "refused", "failed", "lost"];

// One for each request; tags `class`, `name`, `step`.
const answers = new Counter("answers");
// Whether a request was served (its class is ok), and whether it had a bad end (failed or lost); tags `name`, `step`.
const served = new Rate("served");
const failed = new Rate("failed");
// How long those took that were served, in milliseconds; tags `name`, `step`.
const servedTime = new Trend("served_time", true);
// The same of all that have an answer, also one that refuses them.
const answerTime = new Trend("answer_time", true);

// When the last answer came, in seconds from the beginning.
const lastAnswer = new Gauge("last_answer");

const JSON_FIELDS = { "Content-Type": "application/json" };

// Sends one request, and returns its response if it was served, else undefined. `run` is what `setup` returned.
//
// `request` has `name`, and may have `method`, `path` (below the base URL) or `url`, `body` (sent as JSON), `fields`,
// `expected` (statuses), and `right`, a function of the response that tells whether a served answer is what it must be.
export function ask(run, timeline, request) {
  const step = stepAt(timeline, run.began);
  return judge(run, request, http.request(...prepared(request)), step);
}

// The same for requests that are sent at once; returns as many responses.
export function askAtOnce(run, timeline, requests) {
  const step = stepAt(timeline, run.began);
  const batch = requests.map((request) => {
    const [method, url, body, params] = prepared(request);
    return { method, url, body, params };
  });
  return http.batch(batch).map((response, index) => judge(run, requests[index], response, step));
}

function prepared({ name, method = "GET", path, url, body, fields = {}, expected = [200] }) {
  const params = {
    headers: body === undefined ? fields : { ...JSON_FIELDS, ...fields },
    timeout: `${TIMEOUT_SECONDS}s`,
    tags: { name },
    responseCallback: http.expectedStatuses(...expected),
  };
  return [method, url || BASE_URL + path, body === undefined ? null : JSON.stringify(body), params];
}

function judge(run, request, response, step) {
  const { name, expected = [200], right } = request;
  const kind = classOf(response, expected);
  const tags = { name, step: step.id };
  answers.add(1, { class: kind, ...tags });
  served.add(kind === "ok", tags);
  failed.add(kind === "failed" || kind === "lost", tags);
  lastAnswer.add((Date.now() - run.began) / 1000);
  if (kind !== "lost") {
    answerTime.add(response.timings.duration, tags);
  }
  if (kind !== "ok") {
    return undefined;
  }
  servedTime.add(response.timings.duration, tags);
  if (right) {
    check(response, { [`${name}: the answer is right`]: (response) => isRight(right, response) });
  }
  return response;
}

// A body that cannot even be read is a wrong answer, not the end of the iteration.
function isRight(right, response) {
  try {
    return Boolean(right(response));
  } catch (_error) {
    return false;
  }
}

function classOf(response, expected) {
  if (expected.includes(response.status)) {
    return "ok";
  }
  if (response.status === 0) {
    return "lost";
  }
  if ([429, 503].includes(response.status) && response.headers["Retry-After"] !== undefined) {
    return "shed";
  }
  return response.status >= 500 ? "failed" : "refused";
}
