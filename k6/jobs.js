// Question: is every job that was accepted done, and can its client follow it?
//
// Requests with `Prefer: respond-async` come at a constant rate: 202 with `Location`, then questions that wait for the end
// (`Prefer: wait`), then the answer. By turns a short one that writes (a user) and a longer one (`/hello/jobs/work`).
// How to read it: `finished` must be 100 %. `job_time` is from the first request to the answer; the longer job has WORK_MS of
// it for its work. What is accepted and not finished is the worst that can be seen here.

import exec from "k6/execution";
import { Rate, Trend } from "k6/metrics";

import { newKey, newRun, removeMembers } from "./lib/data.js";
import { ACCEPT, FETCH, fetchAnswer, follow, submit, WAIT } from "./lib/jobs.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { evenly } from "./lib/timeline.js";

const JOBS_PER_SECOND = setting("JOBS_PER_SECOND", 20);
const SECONDS = setting("SECONDS", 40);
const WORK_MS = setting("WORK_MS", 400, 0);
const MAX_VUS = setting("MAX_VUS", 600);

// Of the jobs that were accepted: whether they are done and their answer is there.
const finished = new Rate("finished");
const jobTime = new Trend("job_time", true);

const timeline = evenly(SECONDS, 10);
const names = [ACCEPT, WAIT, FETCH];
const slos = [
  RIGHT,
  SENT,
  slo("served", "rate>0.999", "Of a thousand questions at most one may have to be repeated."),
  slo("finished", "rate==1", "Once it is accepted, a job is done: that is the promise."),
  slo(`served_time{name:${ACCEPT}}`, "p(95)<250", "Who does not want to wait is not kept waiting."),
  slo("job_time{kind:short}", "p(95)<1000", "A short job on a platform that is not full is done at once."),
  slo(
    "job_time{kind:long}",
    `p(95)<${WORK_MS + 1000}`,
    "A longer one takes its work, and as much besides as a short one.",
  ),
];

export const options = {
  ...COMMON,
  scenarios: {
    jobs: {
      executor: "constant-arrival-rate",
      rate: JOBS_PER_SECOND,
      duration: `${SECONDS}s`,
      preAllocatedVUs: Math.min(60, MAX_VUS),
      maxVUs: MAX_VUS,
    },
  },
  thresholds: thresholds(slos, timeline, names),
};
export const setup = () => newRun();
export const teardown = removeMembers;
export const handleSummary = summary({
  name: "jobs",
  question: "Is every job that was accepted done, and can its client follow it?",
  slos,
  timeline,
  names,
});

export default function (run) {
  const number = exec.scenario.iterationInTest;
  const began = Date.now();
  const job = number % 2 === 0 ? short(`${run.prefix}${number}.`) : long();
  const location = submit(run, timeline, { ...job, key: newKey() });
  if (location === undefined) {
    return;
  }
  const state = follow(run, timeline, location);
  const answer = fetchAnswer(run, timeline, location, job.status, job.right);
  finished.add(state === "done" && answer !== undefined);
  jobTime.add(Date.now() - began, { kind: job.kind });
}

function short(name) {
  const right = (response) => response.json().name === name;
  return { kind: "short", path: "/users", body: { name }, status: 201, right };
}

function long() {
  const right = (response) => response.body.startsWith("worked in attempt");
  return { kind: "long", path: `/hello/jobs/work?steps=4&ms=${Math.round(WORK_MS / 4)}`, status: 200, right };
}
