import { failureOf } from "../api/failure.ts";
import { limits } from "../api/limits.ts";
import type { Rating } from "../api/types.ts";
import { newKey, write } from "../api/write.ts";
import { findRating } from "./again.ts";
import { begin, fail, type Pair, pairOf, settledRating } from "./ledger.ts";
import { type Editing, isSaved, look } from "./look.ts";
import { dismiss, notify } from "./notices.ts";
import { type Outcome, type Plan, perform } from "./perform.ts";
import { latestTag } from "./tags.ts";

/** A rating that is hidden already, and not deleted yet. */
export interface Removal {
  /** Shows it again, if it is not too late. */
  undo(): void;
  done: Promise<Outcome>;
}

/** The deletions that can still be undone; each sends itself when it is called. */
const undoable = new Map<Pair, (leaving: boolean) => void>();

// The page goes, and with it the chance to undo.
window.addEventListener("pagehide", () => {
  for (const send of [...undoable.values()]) send(true);
});

/** Sends a deletion that could still be undone. */
export function flush(pair: Pair): void {
  undoable.get(pair)?.(false);
}

/** Hides a rating at once, and deletes it a little later, so that it can be undone; says so to people. */
export function remove(rating: Rating): Removal {
  const pair = pairOf(rating);
  flush(pair);
  const change = begin(pair, () => undefined);
  let resolve: (outcome: Outcome | Promise<Outcome>) => void = () => undefined;
  const done = new Promise<Outcome>((settle) => {
    resolve = settle;
  });
  let seen: Editing | undefined;
  const looking = lookAtSaved(rating).then((found) => {
    seen = found;
    return found;
  });
  const end = () => {
    clearTimeout(timer);
    undoable.delete(pair);
    dismiss(notice);
  };
  const send = (leaving: boolean) => {
    end();
    // Whoever leaves cannot wait for the tag.
    const plan = deletion(rating, leaving ? Promise.resolve(seen) : looking, leaving);
    resolve(perform(plan, newKey(), change));
  };
  const undo = () => {
    if (undoable.get(pair) !== send) return;
    end();
    fail(change);
    resolve({ kind: "undone" });
  };
  const timer = setTimeout(() => send(false), limits.undoMs);
  undoable.set(pair, send);
  const action = { label: "Undo", run: undo };
  const notice = notify({ tone: "info", text: "Rating deleted", action, lasts: limits.undoMs });
  return { undo, done };
}

/** A rating and its tag. That it cannot be looked at is no reason not to delete it. */
async function lookAtSaved(rating: Rating): Promise<Editing | undefined> {
  return isSaved(rating) ? look(rating.id).catch(() => undefined) : undefined;
}

/**
 * The id that the server knows a rating by. One that was new has got it by now; unless its answer was lost, then nobody
 * knows whether it is there.
 */
async function idOf(rating: Rating): Promise<string | undefined> {
  const settled = settledRating(pairOf(rating));
  if (settled || isSaved(rating)) return settled?.id ?? rating.id;
  return (await findRating(pairOf(rating)))?.id;
}

function deletion(rating: Rating, seen: Promise<Editing | undefined>, keepalive: boolean): Plan {
  const plan: Plan = {
    userId: rating.userId,
    serviceId: rating.serviceId,
    pair: pairOf(rating),
    apply: () => undefined,
    send: async (key) => {
      const id = await idOf(rating);
      if (id === undefined) return undefined;
      try {
        const ifMatch = latestTag((await seen)?.tag);
        await write("delete", "/ratings/{id}", { path: { id }, key, ifMatch, keepalive });
      } catch (error) {
        if (failureOf(error).slug !== "rating-not-found") throw error;
        // Gone is gone, whoever did it; but another one may have come since, of which this page did not know.
        return await findRating(pairOf(rating));
      }
      return undefined;
    },
    inTheWay: async () => {
      const theirs = await look((await idOf(rating)) ?? rating.id);
      const keepMine = () => perform(deletion(rating, Promise.resolve(theirs), false));
      return { mine: undefined, theirs: theirs.rating, keepMine, takeTheirs: () => undefined };
    },
    words: { failed: "The rating was not deleted", unclear: "It is unclear whether the rating was deleted" },
  };
  return plan;
}
