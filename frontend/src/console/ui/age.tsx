import type { JSX } from "preact";

import { absoluteTime } from "../../ui/time.ts";
import { clock } from "../state/clock.ts";
import { agoInWords, durationInWords } from "./format.ts";

/** How long ago something was, by the second; the exact time for who asks, and for machines. */
export function Age({ time }: { time: string }): JSX.Element {
  return (
    <time dateTime={time} title={absoluteTime(time)}>
      {agoInWords(time, clock.value)}
    </time>
  );
}

/** A duration; the exact one for who asks. Nothing where there is none. */
export function Duration({ seconds }: { seconds: number | null }): JSX.Element {
  return seconds === null ? (
    <span class="soft">–</span>
  ) : (
    <span title={`${seconds.toLocaleString("en", { maximumFractionDigits: 3 })} s`}>
      {durationInWords(seconds)}
    </span>
  );
}
