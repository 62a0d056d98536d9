import type { JSX } from "preact";
import { Link } from "wouter-preact";

import type { Service } from "../api/types.ts";
import { Distribution } from "../ui/distribution.tsx";
import { averageInWords, counted, SCORES } from "../ui/score.ts";
import { Stars } from "../ui/stars.tsx";

const NO_RATINGS = SCORES.map((score) => ({ score, count: 0 }));

/** A service in the list: name, description, average, count and distribution. */
export function ServiceCard({ service }: { service: Service }): JSX.Element {
  const { id, name, description, averageScore, ratingCount, distribution } = service;
  return (
    <article class="card">
      <h2>
        <Link href={`/services/${id}`} dir="auto">
          {name}
        </Link>
      </h2>
      <p class="clamp soft small" dir="auto">
        {description}
      </p>
      <div class="card-figures">
        <div class="average">
          <span class="number">
            {averageScore === null ? (
              <span class="soft">–</span>
            ) : (
              <>
                {averageInWords(averageScore)}
                <span class="visually-hidden"> of 5</span>
              </>
            )}
          </span>
          <Stars score={averageScore ?? 0} />
          <span class="small soft">
            {ratingCount === 0 ? "No ratings yet" : counted(ratingCount, "rating")}
          </span>
        </div>
        <Distribution distribution={distribution ?? NO_RATINGS} />
      </div>
    </article>
  );
}

/** Has the size of a card. */
export function ServiceCardSkeleton(): JSX.Element {
  return (
    <div class="card" aria-hidden="true">
      <span class="skeleton line medium" />
      <span>
        <span class="skeleton line" />
        <span class="skeleton line short" />
      </span>
      <div class="card-figures">
        <div class="average">
          <span class="skeleton number">&nbsp;&nbsp;&nbsp;&nbsp;</span>
          <Stars score={0} />
          <span class="small">&nbsp;</span>
        </div>
        <span class="distribution" />
      </div>
    </div>
  );
}
