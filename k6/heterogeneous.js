// Question: do light requests wait behind heavy ones?
//
// A twentieth of the requests are heavy (HEAVY, by default a second of work in the service), among light ones (LIGHT, 5 ms)
// at the same service. First the light ones come alone, then both. A platform that deals requests out in turn puts light
// ones behind a heavy one; here a worker takes only what it has a permit for, so heavy ones take permits and nobody's time.
// How to read it: the times of the light ones must be the same in both steps. HEAVY=cpu=200 burns a processor instead of
// waiting: then light ones share that with heavy ones, and the question is how many processors there are.

import exec from "k6/execution";

import { ask } from "./lib/ask.js";
import { newRun } from "./lib/data.js";
import { setting } from "./lib/settings.js";
import { COMMON, RIGHT, SENT, slo, thresholds } from "./lib/slo.js";
import { summary } from "./lib/summary/index.js";
import { stages, steps } from "./lib/timeline.js";

const REQUESTS_PER_SECOND = setting("REQUESTS_PER_SECOND", 100);
const SECONDS_ALONE = setting("SECONDS_ALONE", 15);
const SECONDS = setting("SECONDS", 30);
const HEAVY_EVERY = setting("HEAVY_EVERY", 20);
const MAX_VUS = setting("MAX_VUS", 600);
const LIGHT = __ENV.LIGHT || "ms=5";
const HEAVY = __ENV.HEAVY || "ms=1000";

const timeline = steps([
  { label: "light alone", rate: REQUESTS_PER_SECOND, seconds: SECONDS_ALONE },
  { label: "with heavy", rate: REQUESTS_PER_SECOND, seconds: SECONDS },
]);
const names = ["light alone", "light", "heavy"];
const slos = [
  RIGHT,
  SENT,
  slo("served", "rate==1", "The load is a fraction of what the permits can serve."),
  slo(
    "served_time{name:light}",
    "p(95)<100",
    "5 ms of work and the way; a light request that waited for a heavy one would take up to a second.",
  ),
  slo("served_time{name:light}", "max<1000", "Not even one waits for the end of a heavy one."),
  slo("served_time{name:heavy}", "p(95)<1500", "A heavy one takes as long as its work, and a little."),
];

export const options = {
  ...COMMON,
  scenarios: {
    requests: {
      executor: "ramping-arrival-rate",
      startRate: REQUESTS_PER_SECOND,
      stages: stages(timeline),
      preAllocatedVUs: Math.min(100, MAX_VUS),
      maxVUs: MAX_VUS,
    },
  },
  thresholds: thresholds(slos, timeline, names),
};
export const setup = () => newRun(`/hello/work?${LIGHT}`);
export const handleSummary = summary({
  name: "heterogeneous",
  question: "Do light requests wait behind heavy ones?",
  slos,
  timeline,
  names,
});

export default function (run) {
  const isAlone = Date.now() - run.began < SECONDS_ALONE * 1000;
  const isHeavy = !isAlone && exec.scenario.iterationInTest % HEAVY_EVERY === 0;
  const name = isHeavy ? "heavy" : isAlone ? "light alone" : "light";
  ask(run, timeline, {
    name,
    path: `/hello/work?${isHeavy ? HEAVY : LIGHT}`,
    right: (response) => response.body.startsWith("worked"),
  });
}
