// Question: what does a sudden crowd cost, and how soon is it forgotten?
//
// Visits as in `load`, at a low rate; then for a few seconds many times as many, without any warning; then the low rate
// again. Beyond their capacity, services may shed (503 with `Retry-After`), but nothing may fail or be lost.
// How to read it: compare the times before and after the crowd. Those within it tell how much room there was.

import exec from "k6/execution";

import { newRunWith, removeMembers } from "./lib/data.js";
import { JOURNEY, visit } from "./lib/journey.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { stages, steps } from "./lib/timeline.js";

const VISITS_PER_SECOND = setting("VISITS_PER_SECOND", 10);
const TIMES = setting("TIMES", 12);
const SECONDS_BEFORE = setting("SECONDS_BEFORE", 15);
const SPIKE_SECONDS = setting("SPIKE_SECONDS", 10);
const SECONDS_AFTER = setting("SECONDS_AFTER", 20);
const WRITE_EVERY = setting("WRITE_EVERY", 10);
const MAX_VUS = setting("MAX_VUS", 1000);

const low = { iterations: VISITS_PER_SECOND };
const timeline = steps([
  { label: "before", ...low, seconds: SECONDS_BEFORE },
  { label: "crowd", iterations: VISITS_PER_SECOND * TIMES, seconds: SPIKE_SECONDS },
  { label: "just after", ...low, seconds: 5 },
  { label: "after", ...low, seconds: SECONDS_AFTER },
]);
const [before, , , after] = timeline.map((step) => step.id);

const slos = [
  RIGHT,
  SENT,
  slo(
    "failed",
    "rate==0",
    "A crowd may be turned away, but nothing that was taken up may break or be forgotten.",
  ),
  slo("answers{class:refused}", "count==0", "Too much load is no fault of the client."),
  slo("answer_time", "p(99)<5000", "Also within the crowd, people are answered while they still wait."),
  slo(`served{step:${before}}`, "rate==1", "The low rate is far below the capacity."),
  slo(`served{step:${after}}`, "rate==1", "Five seconds later the crowd is forgotten."),
  slo(`served_time{step:${before}}`, "p(95)<150", "What is usual."),
  slo(`served_time{step:${after}}`, "p(95)<150", "As it was before."),
];

export const options = {
  ...COMMON,
  scenarios: {
    visits: {
      executor: "ramping-arrival-rate",
      startRate: VISITS_PER_SECOND,
      stages: stages(timeline),
      preAllocatedVUs: Math.min(300, MAX_VUS),
      maxVUs: MAX_VUS,
    },
  },
  thresholds: thresholds(slos, timeline, JOURNEY),
};
export const setup = () => newRunWith(20, 12);
export const teardown = removeMembers;
export const handleSummary = summary({
  name: "spike",
  question: "What does a sudden crowd cost, and how soon is it forgotten?",
  slos,
  timeline,
  names: JOURNEY,
});

export default function (run) {
  visit(run, timeline, exec.scenario.iterationInTest, WRITE_EVERY);
}
