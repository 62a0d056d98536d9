import type { Failure } from "../api/failure.ts";
import type { Rating, RatingPatch } from "../api/types.ts";
import { newKey, write } from "../api/write.ts";
import { pairOf, ratingOf, settledRating } from "./ledger.ts";
import { type Editing, isSaved, look, UNSAVED } from "./look.ts";
import { type Conflict, type Outcome, type Plan, perform } from "./perform.ts";
import { flush } from "./remove.ts";
import { latestTag, replaceTag } from "./tags.ts";
import { inTurn } from "./turns.ts";

/** What is said of a service for the first time. */
export interface NewOpinion {
  service: { id: string };
  user: { id: string };
  score: number;
  comment?: string | undefined;
}

/** Rates a service. If the user has done so already, the outcome is a conflict with that rating. */
export function rate({ service, user, score, comment }: NewOpinion): Promise<Outcome> {
  const body = { serviceId: service.id, userId: user.id, score, ...(comment && { comment }) };
  const time = new Date().toISOString();
  const mine: Rating = { ...body, id: `${UNSAVED}${newKey()}`, createdAt: time, updatedAt: time };
  // A rating that was deleted just now must be gone before the new one comes.
  flush(pairOf(body));
  return perform({
    ...whose(mine),
    apply: () => mine,
    send: async (key) => {
      const { data } = await write("post", "/ratings", { body, key });
      return data as Rating;
    },
    inTheWay: ({ ratingId }: Failure) => conflictWith(ratingId, mine),
    words: {
      done: "Rating saved",
      failed: "Your rating was not saved",
      unclear: "It is unclear whether your rating was saved",
    },
  });
}

/** Looks at a rating as it is now, before it is edited. @throws ApiError */
export async function edit(rating: Rating): Promise<Editing> {
  const pair = pairOf(rating);
  // Before the server has given it an id it cannot be asked for.
  if (!isSaved(rating)) await inTurn(pair, async () => undefined);
  const found = await look(settledRating(pair)?.id ?? rating.id);
  // What is on its way to it is edited, too; but by the id that the server knows.
  return { rating: { ...(ratingOf(pair) ?? found.rating), id: found.rating.id }, tag: found.tag };
}

/** Changes a rating, if it still is as it was when editing began. */
export function change({ rating, tag }: Editing, patch: RatingPatch): Promise<Outcome> {
  const mine = patched(rating, patch);
  return perform({
    ...whose(rating),
    apply: (current) => current && patched(current, patch),
    send: async (key) => {
      const ifMatch = latestTag(tag);
      const written = await write("patch", "/ratings/{id}", {
        path: { id: rating.id },
        body: patch,
        key,
        ifMatch,
      });
      replaceTag(ifMatch, written.tag);
      return written.data;
    },
    inTheWay: () => conflictWith(rating.id, mine),
    words: {
      done: "Changes saved",
      failed: "Your changes were not saved",
      unclear: "It is unclear whether your changes were saved",
    },
  });
}

function patched(rating: Rating, { score, comment }: RatingPatch): Rating {
  const { comment: before, ...rest } = rating;
  const text = comment === undefined ? before : comment;
  return {
    ...rest,
    ...(text && { comment: text }),
    score: score ?? rating.score,
    updatedAt: new Date().toISOString(),
  };
}

function whose(rating: Rating): Pick<Plan, "userId" | "serviceId" | "pair"> {
  return { userId: rating.userId, serviceId: rating.serviceId, pair: pairOf(rating) };
}

/** The rating that is in the way; undefined if there is none any more. */
async function conflictWith(id: string | undefined, mine: Rating): Promise<Conflict | undefined> {
  if (!id) return undefined;
  const theirs = await look(id);
  const patch = { score: mine.score, comment: mine.comment ?? null };
  return {
    mine,
    theirs: theirs.rating,
    keepMine: () => change(theirs, patch),
    // It is shown already.
    takeTheirs: () => undefined,
  };
}
