// Question: what happens beyond the capacity, and is everything well again afterwards?
//
// The rate goes up step by step until the platform has to shed load, then down to a quarter of the first step. Each request
// is a fifth of a second of waiting in the service (`/hello/work?ms=200`), so one worker of 64 permits can serve 320 of them
// a second on any machine, without a processor at its limit: `STEPS` has to go beyond that of your workers. A client waits
// no longer than PATIENCE_SECONDS (`Prefer: wait`); what would take longer has to be refused at once, with `Retry-After`.
// How to read it: the chart of answers should show them served up to the capacity, served at the same rate and shed beyond
// it, and served at the end. Failed ones (504) were taken up and not answered in time: work in vain. Where they
// crowd out those that are served, the queue is too long for the patience of the clients: see docs/load-tests.md.

import { ask } from "./lib/ask.js";
import { newRun } from "./lib/data.js";
import { setting, settings } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { stages, steps } from "./lib/timeline.js";

const STEPS = settings("STEPS", [50, 100, 200, 300, 450, 600]);
const STEP_SECONDS = setting("STEP_SECONDS", 8);
const RECOVERY_SECONDS = setting("RECOVERY_SECONDS", 16);
const PATIENCE_SECONDS = setting("PATIENCE_SECONDS", 2);
// All of them from the start: to make users of k6 takes the processor from what is measured.
const MAX_VUS = setting("MAX_VUS", Math.ceil(Math.max(...STEPS) * (PATIENCE_SECONDS + 1)));
const STRESS_PATH = __ENV.STRESS_PATH || "/hello/work?ms=200";

const rising = STEPS.map((rate) => ({ label: `${rate}/s`, rate, seconds: STEP_SECONDS }));
const low = Math.ceil(STEPS[0] / 4);
// What waits from the last step may still be served at the beginning of the recovery: it has a step of its own.
const settling = { label: "settling", rate: low, seconds: PATIENCE_SECONDS + 2 };
const timeline = steps([...rising, settling, { label: "recovered", rate: low, seconds: RECOVERY_SECONDS }]);
const [first, recovered] = [timeline[0].id, timeline[timeline.length - 1].id];

const WORK = "work";
const slos = [
  RIGHT,
  SENT,
  slo(
    "answers{class:lost}",
    "count==0",
    "Each request has an answer, whatever the load; nobody is left hanging.",
  ),
  slo("answers{class:refused}", "count==0", "Too much load is no fault of the client."),
  slo(
    "answers{class:shed}",
    "count>0",
    "The load went beyond the capacity, else nothing was learnt: raise STEPS.",
  ),
  slo(
    "failed",
    "rate<0.1",
    "What cannot be served in time is refused at once; only so much may be taken up in vain while the queue grows.",
  ),
  slo(
    "answer_time",
    `max<${(PATIENCE_SECONDS + 3) * 1000}`,
    "Answer or refusal, it comes while the client still waits, with a little room for a busy machine.",
  ),
  slo(`served{step:${first}}`, "rate==1", "Far below the capacity all is served."),
  slo(`served{step:${recovered}}`, "rate==1", "When the load is gone, so is the trouble."),
  slo(
    `served_time{step:${recovered}}`,
    "p(95)<400",
    "No queue is left: a fifth of a second of work, and as much again for the way.",
  ),
];

export const options = {
  ...COMMON,
  scenarios: {
    requests: {
      executor: "ramping-arrival-rate",
      startRate: timeline[0].rate,
      stages: stages(timeline),
      preAllocatedVUs: MAX_VUS,
      maxVUs: MAX_VUS,
    },
  },
  thresholds: thresholds(slos, timeline, [WORK]),
};
export const setup = () => newRun(STRESS_PATH);
export const handleSummary = summary({
  name: "stress",
  question: "What happens beyond the capacity, and is everything well again afterwards?",
  slos,
  timeline,
  names: [WORK],
});

export default function (run) {
  ask(run, timeline, {
    name: WORK,
    path: STRESS_PATH,
    fields: { Prefer: `wait=${PATIENCE_SECONDS}` },
    right: (response) => response.body.length > 0,
  });
}
