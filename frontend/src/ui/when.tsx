import { signal } from "@preact/signals";
import type { JSX } from "preact";

import { absoluteTime, relativeTime } from "./time.ts";

const MINUTE_MS = 60_000;

/** Counts the minutes, so that a page that stays open does not say "just now" for hours. */
const minutes = signal(0);
setInterval(() => {
  minutes.value += 1;
}, MINUTE_MS);

/** A point in time as people say it; the exact one for who asks, and for machines. */
export function When({ time }: { time: string }): JSX.Element {
  minutes.value;
  return (
    <time dateTime={time} title={absoluteTime(time)}>
      {relativeTime(time, Date.now())}
    </time>
  );
}
