import type { JSX } from "preact";

import { distributionInWords } from "./score.ts";

interface DistributionProps {
  /** All eleven scores, ascending. */
  distribution: readonly { score: number; count: number }[];
  /** With counts and scores written at the columns. */
  large?: boolean;
}

/** How many ratings have which score: eleven columns, and a sentence for those who do not see them. */
export function Distribution({ distribution, large = false }: DistributionProps): JSX.Element {
  const highest = Math.max(1, ...distribution.map(({ count }) => count));
  return (
    <div
      class={large ? "distribution large" : "distribution"}
      role="img"
      aria-label={distributionInWords(distribution)}
    >
      {distribution.map(({ score, count }) => (
        <div key={score} class={count === 0 ? "column none" : "column"}>
          {large && <span class="count">{count === 0 ? "" : count}</span>}
          <span class="track">
            <span class="fill" style={{ "--share": count / highest }} />
          </span>
          {large && <span class="tick">{Number.isInteger(score) ? score : ""}</span>}
        </div>
      ))}
    </div>
  );
}
