// Service level objectives: thresholds with the reason for each, which the summary tells.

import { CLASSES } from "./ask.js";

// A condition of k6 on a metric, such as `p(95)<200` on `served_time{name:list ratings}`.
export function slo(metric, condition, reason) {
  return { metric, condition, reason };
}

// What every script asks for: whatever the load, an answer that claims to be right is right.
export const RIGHT = slo("checks", "rate==1", "An answer that is wrong is a defect at any load.");

// In an open model a request that could not be sent in time was never measured: then the figures tell of another load.
export const SENT = slo(
  "dropped_iterations",
  "count==0",
  "The load was really offered. If not, k6 had no user left: raise MAX_VUS, or lower the load.",
);

// The thresholds of a script: its objectives, and those without a condition by which k6 keeps figures for the summary.
export function thresholds(slos, timeline, names) {
  const all = {};
  for (const step of timeline) {
    all[`served_time{step:${step.id}}`] = [];
    for (const name of CLASSES) {
      all[`answers{step:${step.id},class:${name}}`] = [];
    }
  }
  for (const name of names) {
    all[`served_time{name:${name}}`] = [];
  }
  for (const name of CLASSES) {
    all[`answers{class:${name}}`] = [];
  }
  for (const { metric, condition } of slos) {
    all[metric] = [...(all[metric] || []), condition];
  }
  return all;
}

// What all scripts tell k6: which figures of times to keep, and that a service which is slow may be so before and after.
export const COMMON = {
  summaryTrendStats: ["count", "min", "med", "avg", "p(95)", "p(99)", "max"],
  setupTimeout: "5m",
  teardownTimeout: "5m",
};
