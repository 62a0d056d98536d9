import { STATUS_CLASSES } from "../api/overview.ts";
import { type Point, SPAN_SECONDS, sum } from "./points.ts";

/** One line of a chart. */
export interface LineOf {
  key: string;
  label: string;
  /** Aligned with the times of the chart; null where there is no data, undefined where a line passes over. */
  values: (number | null | undefined)[];
  /** Which of the line styles it has, from 0. */
  style: number;
}

/** What a chart shows. */
export interface Drawing {
  /** Seconds since 1970, ascending. */
  times: number[];
  lines: LineOf[];
}

/** Without a point for this long, in ms, there is a gap: lines must not pretend to know. */
const GAP_MS = 15_000;

/** Lines that a chart shows by themselves; the others are taken together. */
export const MOST_LINES = 7;

/** The points, with one of which nothing is known in the middle of each gap. */
function withGaps(points: readonly Point[]): (Point | number)[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    const isGap = before !== undefined && point.at - before.at > GAP_MS;
    return isGap ? [(before.at + point.at) / 2, point] : [point];
  });
}

function draw(
  points: readonly Point[],
  lines: readonly { key: string; label: string; style: number; of(point: Point): number | undefined }[],
): Drawing {
  const all = withGaps(points);
  return {
    times: all.map((point) => (typeof point === "number" ? point : point.at) / 1000),
    lines: lines.map(({ key, label, style, of }) => ({
      key,
      label,
      style,
      values: all.map((point) => (typeof point === "number" ? null : of(point))),
    })),
  };
}

/** Answers a second, by status. */
export function byStatus(points: readonly Point[]): Drawing {
  const of = (status: (typeof STATUS_CLASSES)[number]) => (point: Point) =>
    point.responses && (point.responses[status] ?? 0);
  return draw(
    points,
    STATUS_CLASSES.map((status, style) => ({ key: status, label: status, style, of: of(status) })),
  );
}

/** Permits in all, and those at work. */
export function byPermits(points: readonly Point[]): Drawing {
  return draw(points, [
    { key: "busy", label: "In work", style: 0, of: ({ busy }) => busy },
    { key: "permits", label: "Permits", style: 1, of: ({ permits }) => permits },
  ]);
}

/**
 * A line for each stream that a figure is told of. Of many, those that were highest have one of their own, and the
 * others share one: `together` says how.
 */
export function byStream(
  points: readonly Point[],
  figure: "waiting" | "oldest",
  names: ReadonlyMap<string, string>,
): Drawing {
  const together = figure === "waiting" ? sum : (values: number[]) => Math.max(0, ...values);
  const peaks = new Map<string, number>([...names.keys()].map((stream) => [stream, 0]));
  for (const point of points) {
    for (const [stream, value] of Object.entries(point[figure])) {
      peaks.set(stream, Math.max(peaks.get(stream) ?? 0, value));
    }
  }
  const all = [...peaks].sort(([one, high], [other, higher]) => higher - high || one.localeCompare(other));
  const single = all.length <= MOST_LINES ? all : all.slice(0, MOST_LINES - 1);
  const rest = all.slice(single.length).map(([stream]) => stream);
  const label = (stream: string) => names.get(stream) ?? stream;
  const lines = single
    .map(([stream]) => ({
      key: stream,
      label: label(stream),
      of: (point: Point) => point[figure][stream] ?? 0,
    }))
    // In a steady order: a line must not change its look when another one becomes higher.
    .sort((one, other) => one.label.localeCompare(other.label));
  if (rest.length > 0) {
    const of = (point: Point) => together(rest.map((stream) => point[figure][stream] ?? 0));
    lines.push({ key: "", label: `${rest.length} others`, of });
  }
  return draw(
    points,
    lines.map((line, style) => ({ ...line, style })),
  );
}

/** The newest value of a line that is one. */
export function newestOf({ values }: LineOf): number | undefined {
  return values.findLast((value) => typeof value === "number") ?? undefined;
}

/** What a chart shows of time at least, in seconds. */
const SHORTEST_SECONDS = 120;

/** What a chart shows of time: from, to, in seconds since 1970. As long as little is known, that fills it. */
export function spanOf({ times }: Drawing): [from: number, to: number] {
  const to = times.at(-1) ?? Date.now() / 1000;
  const known = Math.max(SHORTEST_SECONDS, to - (times[0] ?? to));
  return [to - Math.min(SPAN_SECONDS, known), to];
}
