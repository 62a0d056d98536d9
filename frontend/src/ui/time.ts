// Points in time in words: pure, so that each rule has its test.

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The largest unit that fits, up to which distance. */
const STEPS: readonly [Intl.RelativeTimeFormatUnit, unitMs: number, belowMs: number][] = [
  ["minute", MINUTE_MS, HOUR_MS],
  ["hour", HOUR_MS, DAY_MS],
  ["day", DAY_MS, 7 * DAY_MS],
  ["week", 7 * DAY_MS, 30 * DAY_MS],
  ["month", 30 * DAY_MS, 365 * DAY_MS],
  ["year", 365 * DAY_MS, Number.POSITIVE_INFINITY],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });

/**
 * "3 hours ago". A clock that runs a little behind the server's would put a fresh rating into the future: what is less
 * than a minute away, and all that is to come, is "just now".
 */
export function relativeTime(time: string, nowMs: number): string {
  const agoMs = nowMs - Date.parse(time);
  if (Number.isNaN(agoMs)) {
    return "";
  }
  const step = STEPS.find(([, , belowMs]) => agoMs < belowMs);
  if (agoMs < MINUTE_MS || step === undefined) {
    return "just now";
  }
  const [unit, unitMs] = step;
  return relative.format(-Math.floor(agoMs / unitMs), unit);
}

/** "21 November 2026 at 15:04", in the time zone of who reads it. */
export function absoluteTime(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : absolute.format(date);
}
