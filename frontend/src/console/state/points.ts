import {
  type ByStatus,
  type HistoryPoint,
  type Overview,
  type ServiceRow,
  STATUS_CLASSES,
  type WorkerRow,
} from "../api/overview.ts";

/** How far back charts reach, in seconds. */
export const SPAN_SECONDS = 15 * 60;

/** The figures of one moment. */
export interface Point {
  /** In ms since 1970. */
  at: number;
  /** A second, by status; undefined where nothing is known from before. */
  responses: ByStatus | undefined;
  /** By stream. */
  waiting: Record<string, number>;
  /** Seconds, by stream. */
  oldest: Record<string, number>;
  busy: number;
  permits: number;
  deadLetters: number | undefined;
}

/** A point that the proxy has kept. */
export function pointOfHistory(kept: HistoryPoint): Point {
  return {
    at: Date.parse(kept.at),
    responses: kept.responses ?? undefined,
    waiting: kept.waiting,
    oldest: ofWaiting(kept.oldestSeconds, kept.waiting),
    busy: kept.busy,
    permits: kept.permits,
    deadLetters: kept.deadLetters ?? undefined,
  };
}

/** What an overview adds to the charts; the one before it tells what its counters were. */
export function pointOfOverview(before: Overview | undefined, now: Overview): Point {
  const byStream = <T>(of: (service: ServiceRow) => T): Record<string, T> =>
    Object.fromEntries(now.services.map((service) => [service.stream, of(service)]));
  const waiting = byStream((service) => service.waiting);
  return {
    at: Date.parse(now.at),
    responses: before && ratesBetween(before, now),
    waiting,
    oldest: ofWaiting(
      byStream(({ oldestSeconds }) => oldestSeconds),
      waiting,
    ),
    busy: sum(now.workers.map(busyOf)),
    permits: sum(now.workers.map(permitsOf)),
    deadLetters: now.deadLetters,
  };
}

/** Answers a second of all proxies that both know: counters begin anew with each instance. */
function ratesBetween(before: Overview, now: Overview): ByStatus | undefined {
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000;
  if (!(seconds > 0)) return undefined;
  const rates: ByStatus = {};
  for (const status of STATUS_CLASSES) {
    const grown = now.proxies.map(({ id, responses }) => {
      const known = before.proxies.find((proxy) => proxy.id === id);
      return known ? Math.max(0, (responses[status] ?? 0) - (known.responses[status] ?? 0)) : 0;
    });
    rates[status] = sum(grown) / seconds;
  }
  return rates;
}

/** The permits of a worker: each class has its own. */
export function permitsOf(worker: WorkerRow): number {
  return sum(worker.classes.map(({ permits }) => permits));
}

/** Deliveries that a worker has in work. */
export function busyOf(worker: WorkerRow): number {
  return sum(worker.classes.map(({ busy }) => busy));
}

/**
 * More points, each in its place in time; what is older than the charts reach is left out. Of one moment the proxy may have
 * told twice: what knows more of it is kept.
 */
export function withPoints(points: readonly Point[], more: readonly Point[]): Point[] {
  const byTime = new Map<number, Point>();
  for (const point of [...points, ...more]) {
    if (point.responses || !byTime.get(point.at)?.responses) byTime.set(point.at, point);
  }
  const all = [...byTime.values()].sort((one, other) => one.at - other.at);
  const begin = (all.at(-1)?.at ?? 0) - SPAN_SECONDS * 1000;
  return all.filter(({ at }) => at >= begin);
}

/** The share of answers 5xx in the last `seconds`, from 0 to 1; undefined if there was no answer. */
export function failedShare(points: readonly Point[], seconds: number): number | undefined {
  const begin = (points.at(-1)?.at ?? 0) - seconds * 1000;
  let [all, failed, from] = [0, 0, begin];
  for (const { at, responses } of points) {
    if (at <= begin) continue;
    // Points are not equally far from each other: a rate counts for as long as it is about.
    const weight = at - from;
    from = at;
    all += weight * sum(Object.values(responses ?? {}));
    failed += weight * (responses?.["5xx"] ?? 0);
  }
  return all > 0 ? failed / all : undefined;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

/** The ages of the oldest messages where some wait: else the oldest is in work, and may be so for long. */
function ofWaiting(
  ages: Record<string, number | null>,
  waiting: Record<string, number>,
): Record<string, number> {
  const known = Object.entries(ages).map(
    ([stream, age]) => [stream, waiting[stream] ? (age ?? 0) : 0] as const,
  );
  return Object.fromEntries(known);
}
