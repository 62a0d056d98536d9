// How figures are written, in the terminal and on the page alike.

// `12.3 ms`, `1.24 s`, or a dash where there is nothing.
export function time(milliseconds) {
  if (milliseconds === null) {
    return "–";
  }
  if (milliseconds >= 1000) {
    return `${(milliseconds / 1000).toFixed(2)} s`;
  }
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}

// `1.2 %`; what is there never looks like nothing.
export function percent(share) {
  if (share > 0 && share < 0.001) {
    return "<0.1 %";
  }
  return `${(share * 100).toFixed(1)} %`;
}

// `150,000`
export function count(number) {
  return String(Math.round(number * 10) / 10).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

// What was seen of an objective, in the unit of its metric.
export function seen(slo) {
  if (slo.seen === null) {
    return "never measured";
  }
  if (slo.condition.startsWith("rate")) {
    return `${Number((slo.seen * 100).toFixed(2))} %`;
  }
  return isTime(slo) ? time(slo.seen) : String(Number(slo.seen.toFixed(2)));
}

// `p(95) of served_time{name:light} < 100 ms`
export function objective(slo) {
  const [, aggregate, comparison, limit] = /^(.+?)(==|<=|>=|<|>)(.+)$/.exec(slo.condition);
  return `${aggregate} of ${slo.of} ${comparison} ${limit}${isTime(slo) ? " ms" : ""}`;
}

function isTime(slo) {
  return /time/.test(slo.metric) && !/^(count|rate)/.test(slo.condition);
}
