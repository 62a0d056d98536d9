import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Link } from "wouter-preact";

import { serviceNames, userNames } from "../state/names.ts";
import { type RatingRow, type Ratings, ratingsOf } from "../state/ratings.ts";
import { Empty } from "../ui/empty.tsx";
import { Choice } from "../ui/field.tsx";
import { Loading } from "../ui/loading.tsx";
import { Stars } from "../ui/stars.tsx";
import { relativeTime } from "../ui/time.ts";
import { Stale } from "../ui/trouble.tsx";
import { useListQuery } from "../ui/use-list-query.ts";
import { useResource } from "../ui/use-resource.ts";
import { When } from "../ui/when.tsx";

const NEWEST_FIRST = "-createdAt";
const ORDERS = [
  [NEWEST_FIRST, "Newest first"],
  ["-updatedAt", "Recently changed"],
  ["-score", "Highest first"],
  ["score", "Lowest first"],
] as const;

interface RatingListProps {
  /** Whose ratings, or of what. */
  of: { serviceId: string } | { userId: string };
  /** What is said where there are none. */
  none: string;
}

/** Ratings of a service or of a user: order, and more of them. */
export function RatingList({ of, none }: RatingListProps): JSX.Element {
  const id = useId();
  const query = useListQuery(NEWEST_FIRST);
  const sort = ORDERS.find(([order]) => order === query.sort)?.[0] ?? NEWEST_FIRST;
  const list = useResource(() => ratingsOf({ ...of, sort }), [...Object.values(of), sort]);
  const ofService = "serviceId" in of;
  return (
    <section class="ratings" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>Ratings</h2>
        <Choice label="Sort by" value={sort} options={ORDERS} onChange={query.sortBy} />
      </div>
      <Loading resource={list} what="Ratings" keep skeleton={<RatingSkeletons />}>
        {({ items, more }) =>
          items.length === 0 ? (
            <Empty text={none} />
          ) : (
            <>
              <ul aria-label="Ratings">
                {items.map((rating) => (
                  <li key={`${rating.userId}/${rating.serviceId}`}>
                    <Row rating={rating} ofService={ofService} />
                  </li>
                ))}
              </ul>
              <More list={list} more={more} />
            </>
          )
        }
      </Loading>
    </section>
  );
}

function Row({ rating, ofService }: { rating: RatingRow; ofService: boolean }): JSX.Element {
  const { score, comment, createdAt, updatedAt, pending } = rating;
  const name = ofService ? userNames.of(rating.userId) : serviceNames.of(rating.serviceId);
  return (
    <article class={pending ? "rating unsaved" : "rating"} aria-busy={pending}>
      <h3>
        <Link href={ofService ? `/users/${rating.userId}` : `/services/${rating.serviceId}`} dir="auto">
          {name ?? <span class="soft">…</span>}
        </Link>
      </h3>
      {/* Not beside the name, which comes later, and may be long. */}
      <div class="rating-facts">
        <div class="rating-score">
          <Stars score={score} />
          <span class="score small">{score} of 5</span>
        </div>
        <span class="soft small">
          <When time={createdAt} />
          {updatedAt !== createdAt && <Changed since={createdAt} time={updatedAt} />}
        </span>
      </div>
      {comment !== undefined && (
        <p class="comment" dir="auto">
          {comment}
        </p>
      )}
    </article>
  );
}

/** When a rating was changed; where that is as long ago as it was given, once is enough. */
function Changed({ since, time }: { since: string; time: string }): JSX.Element {
  const now = Date.now();
  if (relativeTime(since, now) === relativeTime(time, now)) {
    return <>, changed</>;
  }
  return (
    <>
      , changed <When time={time} />
    </>
  );
}

/** It stays at the end of the list, for the focus to stay with it. */
function More({ list, more }: { list: Ratings; more: boolean }): JSX.Element | null {
  const [asked, setAsked] = useState(false);
  const failure = list.moreFailure.value;
  const loading = list.loadingMore.value;
  // While the order changes, what is shown is of the old one, and has no more.
  const ready = list.data.value !== undefined && more && !loading;
  if (failure !== undefined) {
    return <Stale what="No more could be shown." failure={failure} onRetry={() => list.more()} />;
  }
  if (!more && !asked) {
    return null;
  }
  const show = () => {
    if (ready) {
      setAsked(true);
      list.more();
    }
  };
  return (
    <div class="pages">
      <button type="button" class="button" aria-disabled={!ready} onClick={show}>
        {loading ? "Loading…" : more ? "Show more" : "These are all"}
      </button>
    </div>
  );
}

function RatingSkeletons(): JSX.Element {
  return (
    <div aria-hidden="true">
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} class="rating">
          <span class="skeleton line short" />
          <span class="skeleton line short" />
          <span class="skeleton line medium" />
        </div>
      ))}
    </div>
  );
}
