import type { JSX } from "preact";

import { NEARLY_FULL } from "../state/troubles.ts";
import { numberInWords, percentInWords } from "./format.ts";

interface BarProps {
  value: number;
  /** Null where there is no limit. */
  most: number | null;
  inWords?: (number: number) => string;
  /** Whether it is bad when it is full: permits should be in use. */
  isLimit?: boolean;
}

/** How much there is of how much there may be. The bar only repeats what stands beside it. */
export function Bar({ value, most, inWords = numberInWords, isLimit = true }: BarProps): JSX.Element {
  if (most === null || most <= 0) {
    return (
      <span>
        {inWords(value)}
        <span class="soft">, no limit</span>
      </span>
    );
  }
  const share = value / most;
  const isFull = isLimit && share >= NEARLY_FULL;
  return (
    <span class={isFull ? "bar-figure full" : "bar-figure"}>
      <span>
        {inWords(value)} of {inWords(most)}
        {isFull && <strong> {percentInWords(share)} full</strong>}
      </span>
      <span class="gauge" aria-hidden="true">
        <span style={{ "--share": Math.min(1, share) }} />
      </span>
    </span>
  );
}
