// Question: does the rating app answer as fast as people want under the load of an ordinary day?
//
// Visitors come at a constant rate, whatever becomes of the earlier ones (an open model: a slow answer does not keep the
// next visitor away). Each looks at the best services, opens one, reads its ratings and who wrote them; one in ten rates.
// How to read it: the times by request tell what is slow, the steps whether it gets slower while the load goes on.

import exec from "k6/execution";

import { newRunWith, removeMembers } from "./lib/data.js";
import { JOURNEY, READS, visit, WRITES } from "./lib/journey.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { evenly } from "./lib/timeline.js";

const VISITS_PER_SECOND = setting("VISITS_PER_SECOND", 20);
const SECONDS = setting("SECONDS", 60);
const WRITE_EVERY = setting("WRITE_EVERY", 10);
const MAX_VUS = setting("MAX_VUS", 400);

const timeline = evenly(SECONDS, 12);
const slos = [
  RIGHT,
  SENT,
  slo("served", "rate>0.999", "Of a thousand clicks at most one may have to be repeated."),
  ...READS.map((name) =>
    slo(
      `served_time{name:${name}}`,
      "p(95)<150",
      "Up to a tenth of a second feels immediate; the network needs some of it.",
    ),
  ),
  ...WRITES.map((name) =>
    slo(
      `served_time{name:${name}}`,
      "p(95)<400",
      "Who saves something accepts to wait a little, not to wonder.",
    ),
  ),
  slo(
    "served_time",
    "p(99)<1000",
    "After a second people lose their thread, so hardly anybody may wait that long.",
  ),
];

export const options = {
  ...COMMON,
  scenarios: {
    visits: {
      executor: "constant-arrival-rate",
      rate: VISITS_PER_SECOND,
      duration: `${SECONDS}s`,
      preAllocatedVUs: Math.min(50, MAX_VUS),
      maxVUs: MAX_VUS,
    },
  },
  thresholds: thresholds(slos, timeline, JOURNEY),
};

export const setup = () => newRunWith(20, 12);
export const teardown = removeMembers;
export const handleSummary = summary({
  name: "load",
  question: "Does the rating app answer as fast as people want under the load of an ordinary day?",
  slos,
  timeline,
  names: JOURNEY,
});

export default function (run) {
  visit(run, timeline, exec.scenario.iterationInTest, WRITE_EVERY);
}
