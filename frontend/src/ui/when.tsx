import type { JSX } from "preact";

import { absoluteTime, relativeTime } from "./time.ts";

/** A point in time as people say it; the exact one for who asks, and for machines. */
export function When({ time }: { time: string }): JSX.Element {
  return (
    <time dateTime={time} title={absoluteTime(time)}>
      {relativeTime(time, Date.now())}
    </time>
  );
}
