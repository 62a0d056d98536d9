// Question: how does it compare with the platform before this one, in the test that was used there?
//
// 800 users, each with a connection of its own, send 150,000 GETs of `/api/ratings` together, each the next as soon as the
// last is answered. It is a closed model: a slower platform gets fewer requests a second, not longer queues.
// How to read it: the rate, and the share that was served. The times are those of 800 requests in flight at once, so they are
// 800 divided by the rate; they tell nothing that the rate does not.

import { ask } from "./lib/ask.js";
import { newRun } from "./lib/data.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { until } from "./lib/timeline.js";

const ITERATIONS = setting("ITERATIONS", 150000);
const VUS = Math.min(setting("VUS", 800), ITERATIONS);

const LIST = "list ratings";
const timeline = until(600, 120);
const slos = [
  RIGHT,
  slo(
    "served",
    "rate==1",
    "800 requests at once are fewer than may wait: none has to be refused, none may fail.",
  ),
  slo("answers{class:ok}", `count>=${ITERATIONS}`, "The test came to its end."),
  slo("served_time", "p(99)<5000", "Also the last of 800 in line is answered while somebody still waits."),
];

export const options = {
  ...COMMON,
  scenarios: {
    readers: { executor: "shared-iterations", vus: VUS, iterations: ITERATIONS, maxDuration: "30m" },
  },
  thresholds: thresholds(slos, timeline, [LIST]),
};
export const setup = () => newRun();
export const handleSummary = summary({
  name: "predecessor",
  question: "How does it compare with the platform before this one, in the test that was used there?",
  slos,
  timeline,
  names: [LIST],
});

export default function (run) {
  ask(run, timeline, {
    name: LIST,
    path: "/ratings",
    // To read all of it would take more of the processor than to make it.
    right: (response) => response.body.startsWith('{"items":[') && response.body.endsWith("}"),
  });
}
