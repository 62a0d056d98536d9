import type UPlot from "uplot";

import type { LineOf } from "../state/lines.ts";

/** Height of each chart, in CSS pixels; the style sheet keeps as much free. */
export const CHART_HEIGHT = 190;

/** Room for the figures beside the chart, in CSS pixels: for "12 min 30 s". */
const AXIS_WIDTH = 90;
/** Room for the times below it, in CSS pixels. */
const AXIS_HEIGHT = 32;

/** Dashes of the lines, in CSS pixels: with those one can tell them apart without colours. */
export const DASHES: readonly number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [14, 4], [1, 4]];

/** What a chart needs to know besides its lines. */
export interface How {
  width: number;
  span(): [from: number, to: number];
  inWords(value: number): string;
  isWhole: boolean;
  setPointed(index: number | undefined): void;
}

/** Steps between figures that are counts: there is no half of a request. */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** The name of the colour of a line. */
export function colourOf(style: number): string {
  return `--series-${(style % DASHES.length) + 1}`;
}

/** How a chart is drawn. All colours are looked up when they are needed. */
export function optionsOf(lines: readonly LineOf[], how: How): UPlot.Options {
  return {
    width: how.width,
    height: CHART_HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    // The charts of a page point at the same time.
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: "console" } },
    scales: { x: { range: how.span }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis(), size: AXIS_HEIGHT, space: 72, values: timesOf },
      {
        ...axis(),
        size: AXIS_WIDTH,
        values: (_, splits) => splits.map(how.inWords),
        ...(how.isWhole && { incrs: WHOLE }),
      },
    ],
    series: [
      {},
      ...lines.map(({ style }) => ({
        stroke: () => colour(colourOf(style)),
        dash: DASHES[style % DASHES.length] ?? [],
        width: 1.75,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => how.setPointed(cursor.idx ?? undefined)] },
  };
}

function axis(): UPlot.Axis {
  const grid = { stroke: () => colour("--line"), width: 1 };
  return {
    stroke: () => colour("--ink-soft"),
    font: `12px ${colour("--sans")}`,
    grid,
    ticks: { ...grid, size: 4 },
  };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** "18:20" in the time zone of who reads it, or "18:20:30" where several would be the same. */
function timesOf(_: UPlot, splits: number[]): string[] {
  const [first = 0, second = 60] = splits;
  const seconds = second - first < 60 ? ({ second: "2-digit" } as const) : {};
  const form = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...seconds });
  return splits.map((split) => form.format(split * 1000));
}
