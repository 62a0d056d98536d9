// From what k6 has measured to what a summary tells: one object, which is also the JSON summary.

import { CLASSES } from "../ask.js";
import { BASE_URL } from "../settings.js";

// `script` has `name`, `question`, `slos`, `timeline` and `names`; `data` is what k6 gives to `handleSummary`.
export function figures(script, data) {
  const metrics = data.metrics;
  const values = (metric) => (metrics[metric] ? metrics[metric].values : {});
  const slos = script.slos.map((slo) => ({
    ...judged(slo, metrics[slo.metric]),
    of: spoken(slo.metric, script.timeline),
  }));
  const classes = classCounts(values, "");
  const timeline = taken(script.timeline, values("last_answer").max || 0);
  const asked = sum(classes);
  return {
    script: script.name,
    question: script.question,
    baseUrl: BASE_URL,
    finished: new Date().toISOString(),
    seconds: round(data.state.testRunDurationMs / 1000, 1),
    passed: slos.every((slo) => slo.ok),
    slos,
    requests: { asked, rate: round(asked / timeline[timeline.length - 1].to, 1), classes },
    dropped: values("dropped_iterations").count || 0,
    steps: timeline.map((step) => stepFigures(step, values)),
    names: script.names.map((name) => ({ name, ...times(values(`served_time{name:${name}}`)) })),
    checks: checksOf(data.root_group),
  };
}

// An objective with what was seen of it, null if nothing was. It is met if k6 says so: its exit code is of the same mind.
function judged(slo, metric) {
  const aggregate = /^[a-z]+(\([\d.]+\))?/.exec(slo.condition)[0];
  const seen = metric ? metric.values[aggregate] : undefined;
  const threshold = metric && metric.thresholds ? metric.thresholds[slo.condition] : undefined;
  const ok = threshold === undefined || threshold.ok;
  return { ...slo, ok, seen: seen === undefined || isEmpty(metric) ? null : round(seen, 4) };
}

// A metric with the label of its step instead of the number: `served{step:recovered}`.
function spoken(metric, timeline) {
  return timeline.reduce((text, step) => text.replace(`{step:${step.id}}`, `{step:${step.label}}`), metric);
}

// Counters are never empty: they have counted that nothing happened.
function isEmpty({ type, values }) {
  return (type === "trend" && values.count === 0) || (type === "rate" && values.passes + values.fails === 0);
}

function stepFigures(step, values) {
  const classes = classCounts(values, `step:${step.id},`);
  const asked = sum(classes);
  return {
    label: step.label,
    from: step.from,
    to: step.to,
    offered: step.rate === undefined ? null : step.rate,
    asked,
    rate: round(asked / (step.to - step.from), 1),
    classes,
    shedShare: asked === 0 ? 0 : round(classes.shed / asked, 4),
    ...times(values(`served_time{step:${step.id}}`)),
  };
}

function classCounts(values, prefix) {
  return Object.fromEntries(
    CLASSES.map((name) => [name, values(`answers{${prefix}class:${name}}`).count || 0]),
  );
}

// Milliseconds; null where nothing was served.
function times(trend) {
  const time = (statistic) => (trend.count ? round(trend[statistic], 2) : null);
  return {
    served: trend.count || 0,
    p50: time("med"),
    p95: time("p(95)"),
    p99: time("p(99)"),
    max: time("max"),
  };
}

function checksOf(group) {
  const own = group.checks.map(({ name, passes, fails }) => ({ name, passes, fails }));
  return own.concat(...group.groups.map(checksOf));
}

function sum(classes) {
  return Object.values(classes).reduce((total, count) => total + count, 0);
}

// The steps of a run that took so many seconds: of elastic ones those that were begun.
function taken(timeline, seconds) {
  const begun = timeline.filter((step, index) => index === 0 || !step.elastic || step.from < seconds);
  const last = begun.pop();
  const end = last.elastic ? Math.max(seconds, last.from + 0.001) : last.to;
  return [...begun, { ...last, to: end }];
}

function round(number, digits) {
  return Number(number.toFixed(digits));
}
