import type { JSX } from "preact";

import type { RatingRow } from "../state/ratings.ts";
import { Stars } from "../ui/stars.tsx";
import { When } from "../ui/when.tsx";

interface OwnRatingProps {
  rating: RatingRow;
  onEdit(): void;
  onDelete(): void;
}

/** The rating that one has given, and what one may do with it. */
export function OwnRating({ rating, onEdit, onDelete }: OwnRatingProps): JSX.Element {
  return (
    <div class="own">
      <div class="rating-score">
        <Stars score={rating.score} size={26} />
        <span class="score">{rating.score} of 5</span>
      </div>
      {rating.comment !== undefined && (
        <p class="comment" dir="auto">
          {rating.comment}
        </p>
      )}
      <p class="soft small">
        {/* The time is not in it: it is another one each minute, which nobody wants to be told. */}
        <span role="status">{rating.pending && "Saving…"}</span>
        {!rating.pending && <Saved rating={rating} />}
      </p>
      <div class="row">
        <button type="button" class="button" onClick={onEdit}>
          Edit
        </button>
        <button type="button" class="button" onClick={onDelete}>
          Delete
        </button>
      </div>
    </div>
  );
}

function Saved({ rating }: { rating: RatingRow }): JSX.Element {
  return rating.updatedAt === rating.createdAt ? (
    <>
      Rated <When time={rating.createdAt} />
    </>
  ) : (
    <>
      Changed <When time={rating.updatedAt} />
    </>
  );
}
