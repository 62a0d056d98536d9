// The summary for the terminal.

import { CLASSES } from "../ask.js";
import { count, objective, percent, seen, time } from "./words.js";

// Lines of a table: texts to the left, figures to the right, columns as wide as they must be.
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join("  ");
  return rows.map((row) => `  ${line(row)}`.trimEnd());
}

export function text(figures) {
  const { asked, rate, classes } = figures.requests;
  const told = CLASSES.filter((name) => classes[name] > 0).map((name) => `${count(classes[name])} ${name}`);
  const lines = [
    "",
    `${figures.script}: ${figures.question}`,
    `${count(asked)} requests in ${figures.seconds} s (${count(rate)}/s), ${told.join(", ") || "none answered"}`,
    "",
    ...objectives(figures.slos),
    ...wrongAnswers(figures.checks),
    ...timesByName(figures.names),
    ...byStep(figures.steps),
    figures.passed ? "All objectives are met." : "NOT all objectives are met.",
    "",
  ];
  return lines.join("\n");
}

function objectives(slos) {
  return slos
    .flatMap((slo) => [
      `  ${slo.ok ? "✓" : "✗"} ${objective(slo)}: ${seen(slo)}`,
      ...(slo.ok ? [] : [`      ${slo.reason}`]),
    ])
    .concat("");
}

function wrongAnswers(checks) {
  const failed = checks.filter((check) => check.fails > 0);
  const lines = failed.map(
    (check) => `  ✗ ${check.name}: not so ${check.fails} of ${check.fails + check.passes} times`,
  );
  return lines.length > 0 ? [...lines, ""] : [];
}

function timesByName(names) {
  const rows = names.map((each) => [
    each.name,
    count(each.served),
    ...[each.p50, each.p95, each.p99, each.max].map(time),
  ]);
  return [...table([["request", "served", "p50", "p95", "p99", "max"], ...rows]), ""];
}

function byStep(steps) {
  if (steps.length < 2) {
    return [];
  }
  const rows = steps.map((step) => [
    step.label,
    count(step.rate),
    ...CLASSES.map((name) => count(step.classes[name])),
    percent(step.shedShare),
    ...[step.p50, step.p95, step.p99].map(time),
  ]);
  return [...table([["step", "asked/s", ...CLASSES, "shed", "p50", "p95", "p99"], ...rows]), ""];
}
