import { expect } from "vitest";
import type { Rating, User } from "../api/types.ts";
import { notices } from "../state/notices.ts";
import type { Conflict, Outcome } from "../state/perform.ts";
import { ownRating, ratingsOf } from "../state/ratings.ts";
import { service } from "../state/services.ts";
import { until } from "./eventually.ts";
import { serviceWith } from "./example.ts";
import type { RatingServer } from "./rating-server.ts";

/** A page that shows a service, its ratings and one's own. */
export async function pageOf(server: RatingServer, user: User) {
  const one = service(server.service.id);
  const list = ratingsOf({ serviceId: server.service.id });
  const own = ownRating(server.service.id, user.id);
  await until(() => one.data.value && list.data.value && own.data.value);
  return {
    list,
    own: () => own.data.value?.rating,
    shown: () => ({
      service: one.data.value,
      scores: list.data.value?.items.map(({ score }) => score),
      own: own.data.value?.rating?.score,
    }),
    /** What it shows when it shows what the server has. */
    expected: () => {
      const scores = [...server.ratings.values()].map(({ score }) => score);
      return {
        service: serviceWith(scores, server.service.id),
        scores: expect.arrayContaining(scores),
        own: server.ratingOf(user)?.score,
      };
    },
  };
}

/** What waits for `promise` goes on when it is opened. */
export function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** What people are told at the moment. */
export const texts = () => notices.value.map(({ text }) => text);
export function conflictOf(outcome: Outcome): Conflict {
  if (outcome.kind === "conflict") return outcome.conflict;
  throw new Error(`no conflict, but ${outcome.kind}`);
}
export function known(rating: Rating | undefined): Rating {
  if (rating) return rating;
  throw new Error("no rating");
}
export const whoseOf = (server: RatingServer) =>
  [server.user(0), { service: server.service, user: server.user(0) }] as const;
