// Question: does the platform stay as it is when it works for a long time?
//
// A constant moderate load of visits, as in `load`. Beside it one probe asks for the same thing every quarter of a second; it
// takes the middle of its own times in the first quarter for what is usual, and compares those of the last quarter with it.
// How to read it: `drift` near 1 is good; 2 means twice as slow as at first. The steps show whether it came slowly (something
// fills up) or at once (something happened). The default is short; a leak needs hours: SECONDS=14400. Look at the memory
// of the processes meanwhile, which k6 cannot see.

import { sleep } from "k6";
import exec from "k6/execution";
import { Trend } from "k6/metrics";

import { ask } from "./lib/ask.js";
import { newRunWith, removeMembers } from "./lib/data.js";
import { JOURNEY, visit } from "./lib/journey.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { evenly } from "./lib/timeline.js";

const SECONDS = setting("SECONDS", 90, 20);
const VISITS_PER_SECOND = setting("VISITS_PER_SECOND", 15);
const WRITE_EVERY = setting("WRITE_EVERY", 10);
const MAX_VUS = setting("MAX_VUS", 400);

const PROBE = "probe";
const PROBE_PAUSE_SECONDS = 0.25;
// A time of the probe in the last quarter, divided by what was usual in the first one.
const drift = new Trend("drift");

const timeline = evenly(SECONDS, 18);
const names = [...JOURNEY, PROBE];
const slos = [
  RIGHT,
  SENT,
  slo("served", "rate>0.999", "Of a thousand clicks at most one may have to be repeated, at any hour."),
  slo("answers{class:lost}", "count==0", "No connection breaks while nobody restarts anything."),
  slo("served_time", "p(99)<1000", "After a second people lose their thread."),
  slo("drift", "med<2", "What gets slower in minutes stands still in days; a busy neighbour is allowed for."),
];

const common = { exec: "visitor", duration: `${SECONDS}s` };
export const options = {
  ...COMMON,
  scenarios: {
    visits: {
      ...common,
      executor: "constant-arrival-rate",
      rate: VISITS_PER_SECOND,
      preAllocatedVUs: Math.min(50, MAX_VUS),
      maxVUs: MAX_VUS,
    },
    probe: { ...common, executor: "constant-vus", vus: 1, exec: "probe" },
  },
  thresholds: thresholds(slos, timeline, names),
};
export const setup = () => newRunWith(20, 12);
export const teardown = removeMembers;
export const handleSummary = summary({
  name: "soak",
  question: "Does the platform stay as it is when it works for a long time?",
  slos,
  timeline,
  names,
});

export function visitor(run) {
  visit(run, timeline, exec.scenario.iterationInTest, WRITE_EVERY);
}

// Of the probe, which is one user of k6 and so keeps them from iteration to iteration.
const early = [];

export function probe(run) {
  const answer = ask(run, timeline, { name: PROBE, path: `/users/${run.users[0]}` });
  const elapsed = (Date.now() - run.began) / 1000;
  if (answer && elapsed < SECONDS / 4) {
    early.push(answer.timings.duration);
  } else if (answer && elapsed > (SECONDS * 3) / 4) {
    early.sort((one, other) => one - other);
    drift.add(answer.timings.duration / early[Math.floor(early.length / 2)]);
  }
  sleep(PROBE_PAUSE_SECONDS);
}
