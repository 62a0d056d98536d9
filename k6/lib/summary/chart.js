// Charts as SVG, from nothing but figures. Colours come from the classes in style.js, so they follow light and dark.

import { CLASSES } from "../ask.js";
import { count, time } from "./words.js";

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 30;
const TICKS = 4;
// Room that a label below the axis needs, in units of the drawing.
const LABEL_WIDTH = 64;

export const PERCENTILES = ["p50", "p95", "p99"];

// Answers a second of each step, stacked by class; a line shows what was offered.
export function rates(steps) {
  const rate = (step, number) => number / (step.to - step.from);
  const top = rounded(Math.max(1, ...steps.map((step) => Math.max(step.rate, step.offered || 0))));
  const y = scale(top);
  const bars = steps.map((step) => {
    let below = 0;
    return CLASSES.map((name) => {
      const height = rate(step, step.classes[name]);
      below += height;
      const title = `${step.label}: ${count(height)}/s ${name}`;
      const gap = Math.min(2, (x(steps, step.to) - x(steps, step.from)) / 8);
      return height === 0
        ? ""
        : rectangle(
            name,
            x(steps, step.from) + gap,
            y(below),
            x(steps, step.to) - gap,
            y(below - height),
            title,
          );
    }).join("");
  });
  const offered = steps.filter((step) => step.offered !== null);
  const line = offered
    .map((step) => `M${at(x(steps, step.from))} ${at(y(step.offered))}H${at(x(steps, step.to))}`)
    .join("");
  return frame(
    "Answers a second",
    steps,
    top,
    y,
    (value) => count(value),
    bars.join("") + `<path class="offered" d="${line}"/>`,
  );
}

// Percentiles of the times of served requests, step by step.
export function latencies(steps) {
  const top = rounded(Math.max(1, ...steps.map((step) => step.p99 || 0)));
  const y = scale(top);
  const middle = (step) => (x(steps, step.from) + x(steps, step.to)) / 2;
  const lines = PERCENTILES.map((name) => {
    const known = (step) => step !== undefined && step[name] !== null;
    const marks = steps.map((step, index) => {
      if (!known(step)) {
        return { line: "", dot: "" };
      }
      // A step in which nothing was served interrupts the line.
      const place = `${at(middle(step))} ${at(y(step[name]))}`;
      const line = known(steps[index - 1]) ? `L${place}` : `M${place}`;
      return {
        line,
        dot: dot(name, middle(step), y(step[name]), `${step.label}: ${name} ${time(step[name])}`),
      };
    });
    const path = marks.map((mark) => mark.line).join("");
    return `<path class="line ${name}" d="${path}"/>${marks.map((mark) => mark.dot).join("")}`;
  });
  return frame("Time to an answer", steps, top, y, time, lines.join(""));
}

function frame(title, steps, top, y, written, content) {
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => (top * index) / TICKS);
  const grid = ticks.map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${at(y(value))}H${WIDTH - RIGHT}"/>` +
      `<text class="tick" text-anchor="end" x="${LEFT - 8}" y="${at(y(value) + 4)}">${value === 0 ? "0" : written(value)}</text>`,
  );
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}, by step; the table below has all figures">` +
    `${grid.join("")}${content}${labels(steps)}</svg>`
  );
}

// As many labels as there is room for.
function labels(steps) {
  const every = Math.ceil((steps.length * LABEL_WIDTH) / (WIDTH - LEFT - RIGHT));
  return steps
    .filter((_, index) => index % every === 0)
    .map((step) => {
      const middle = (x(steps, step.from) + x(steps, step.to)) / 2;
      return `<text class="tick" text-anchor="middle" x="${at(middle)}" y="${HEIGHT - 8}">${escaped(step.label)}</text>`;
    })
    .join("");
}

function rectangle(name, left, top, right, bottom, title) {
  const size = `width="${at(right - left)}" height="${at(Math.max(0.5, bottom - top))}"`;
  return `<rect class="${name}" x="${at(left)}" y="${at(top)}" ${size}><title>${escaped(title)}</title></rect>`;
}

function dot(name, left, top, title) {
  return `<circle class="${name}" cx="${at(left)}" cy="${at(top)}" r="3"><title>${escaped(title)}</title></circle>`;
}

function x(steps, seconds) {
  return LEFT + (seconds / steps[steps.length - 1].to) * (WIDTH - LEFT - RIGHT);
}

function scale(top) {
  return (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
}

// The next number above that is easy to divide: 1, 2, 4 or 8 with zeros.
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 8, 10].map((factor) => factor * power).find((nice) => nice >= value);
}

function at(number) {
  return number.toFixed(1);
}

export function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return String(text).replace(/[&<>"]/g, (character) => names[character]);
}
