import type { JSX } from "preact";

import { LEFT_HALF, RIGHT_HALF } from "./icons.tsx";
import { halvesOf } from "./score.ts";

interface StarsProps {
  /** From 0 to 5; shown to the nearest half. */
  score: number;
  /** Edge of one star in CSS pixels. */
  size?: number;
}

/** Five stars, filled by halves. The number stands beside them as text, so screen readers skip them. */
export function Stars({ score, size = 18 }: StarsProps): JSX.Element {
  const filled = halvesOf(score);
  return (
    <span class="stars" aria-hidden="true">
      {[0, 2, 4, 6, 8].map((half) => (
        <svg key={half} viewBox="0 0 24 24" width={size} height={size} fill="currentColor" focusable="false">
          <path d={LEFT_HALF} class={half < filled ? undefined : "empty"} />
          <path d={RIGHT_HALF} class={half + 1 < filled ? undefined : "empty"} />
        </svg>
      ))}
    </span>
  );
}
