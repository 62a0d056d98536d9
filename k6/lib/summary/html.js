// The summary as a page that needs nothing besides itself.

import { CLASSES } from "../ask.js";
import { escaped, latencies, PERCENTILES, rates } from "./chart.js";
import { STYLE } from "./style.js";
import { count, objective, percent, seen, time } from "./words.js";

const MEANINGS = {
  ok: "served",
  shed: "shed: refused for now, with Retry-After",
  refused: "refused",
  failed: "failed (5xx)",
  lost: "lost: no answer",
};

export function html(figures) {
  const title = `${figures.script} · ${figures.passed ? "all objectives met" : "objectives missed"}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escaped(figures.script)}</h1><p class="question">${escaped(figures.question)}</p>
${verdict(figures)}
${facts(figures)}
${objectives(figures.slos)}
${wrongAnswers(figures.checks)}
${charts(figures.steps)}
${names(figures.names)}
${steps(figures.steps)}
<p class="soft">${escaped(figures.baseUrl)}, ended ${escaped(figures.finished)}</p>
</main></body></html>
`;
}

function verdict({ slos, passed }) {
  const missed = slos.filter((slo) => !slo.ok).length;
  const words = passed
    ? `✓ All ${slos.length} objectives are met`
    : `✗ ${missed} of ${slos.length} objectives are missed`;
  return `<p class="verdict ${passed ? "good" : "bad"}">${words}</p>`;
}

function facts({ requests, seconds, dropped }) {
  const told = [
    ["Requests", count(requests.asked)],
    ["Rate", `${count(requests.rate)}/s`],
    ["Served", percent(requests.asked === 0 ? 0 : requests.classes.ok / requests.asked)],
    ["Shed", count(requests.classes.shed)],
    ["Failed", count(requests.classes.failed)],
    ["Lost", count(requests.classes.lost)],
    ["Not sent in time", count(dropped)],
    ["Time", `${seconds} s`],
  ];
  const entries = told.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<section><dl class="facts">${entries.join("")}</dl></section>`;
}

function objectives(slos) {
  const entries = slos.map((slo) => {
    const mark = slo.ok ? `<span class="good">✓ met</span>` : `<span class="bad">✗ missed</span>`;
    return (
      `<li><p>${mark} <code>${escaped(objective(slo))}</code>: <strong>${escaped(seen(slo))}</strong></p>` +
      `<p class="soft">${escaped(slo.reason)}</p></li>`
    );
  });
  return `<section><h2>Objectives</h2><ul class="slos">${entries.join("")}</ul></section>`;
}

function wrongAnswers(checks) {
  const rows = checks
    .filter((check) => check.fails > 0)
    .map((check) => [check.name, count(check.fails), count(check.passes)]);
  return rows.length === 0 ? "" : tableSection("What was not so", ["what must be", "not so", "so"], rows);
}

function charts(all) {
  if (all.length < 2) {
    return "";
  }
  const present = CLASSES.filter((name) => all.some((step) => step.classes[name] > 0));
  const offered = all.some((step) => step.offered !== null);
  const bars = present.map((name) => key(`<rect class="${name}" width="14" height="10"/>`, MEANINGS[name]));
  const line = offered ? key(`<path class="offered" d="M0 5H14"/>`, "offered") : "";
  const lines = PERCENTILES.map((name) => key(`<path class="line ${name}" d="M0 5H14"/>`, name));
  return (
    chartSection("Answers a second", rates(all), bars.join("") + line) +
    chartSection("Time to an answer, of what was served", latencies(all), lines.join(""))
  );
}

function chartSection(title, chart, legend) {
  return `<section><h2>${title}</h2>${wide(title, chart)}<ul class="legend">${legend}</ul></section>`;
}

// What may be wider than the page is moved in a region of its own, also with the keyboard.
function wide(title, content) {
  return `<div class="wide" tabindex="0" role="region" aria-label="${title}">${content}</div>`;
}

function key(mark, words) {
  return `<li><svg viewBox="0 0 14 10" aria-hidden="true">${mark}</svg>${words}</li>`;
}

function names(all) {
  const rows = all.map((each) => [
    each.name,
    count(each.served),
    ...[each.p50, each.p95, each.p99, each.max].map(time),
  ]);
  return tableSection("By request", ["request", "served", "p50", "p95", "p99", "max"], rows);
}

function steps(all) {
  const offered = (cell) => (all.some((step) => step.offered !== null) ? [cell] : []);
  const rows = all.map((step) => [
    step.label,
    ...offered(step.offered === null ? "–" : count(step.offered)),
    count(step.rate),
    ...CLASSES.map((name) => count(step.classes[name])),
    percent(step.shedShare),
    ...[step.p50, step.p95, step.p99].map(time),
  ]);
  return tableSection(
    "By step",
    ["step", ...offered("offered/s"), "asked/s", ...CLASSES, "shed share", "p50", "p95", "p99"],
    rows,
  );
}

function tableSection(title, head, rows) {
  const cells = (tag, row) => row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("");
  const table = `<table><thead><tr>${cells("th", head)}</tr></thead><tbody>${body}</tbody></table>`;
  return `<section><h2>${title}</h2>${wide(title, table)}</section>`;
}
