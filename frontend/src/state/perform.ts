import { type Failure, failureOf } from "../api/failure.ts";
import type { Rating } from "../api/types.ts";
import { newKey } from "../api/write.ts";
import { askForService } from "./again.ts";
import { begin, type Change, fail, type Pair, succeed } from "./ledger.ts";
import { notify } from "./notices.ts";
import { inTurn } from "./turns.ts";

/** What became of a change. Failures are told to people already; a conflict is for whoever made the change to ask about. */
export type Outcome =
  | { kind: "done"; rating: Rating | undefined }
  | { kind: "failed"; failure: Failure }
  | { kind: "conflict"; conflict: Conflict }
  | { kind: "undone" };

/** Somebody else, or another tab, was faster; people choose. */
export interface Conflict {
  /** As this page wants it; undefined where it wants to remove it. */
  mine: Rating | undefined;
  /** As it is now. */
  theirs: Rating;
  keepMine(): Promise<Outcome>;
  takeTheirs(): void;
}

/** A change of one rating: what people see at once, and how it is sent. */
export interface Plan {
  userId: string;
  serviceId: string;
  pair: Pair;
  apply: Change["apply"];
  /** Sends it, and returns the rating that is there then. */
  send(key: string): Promise<Rating | undefined>;
  /** What is in the way after a 409 or a 412; undefined where nothing is any more. */
  inTheWay(failure: Failure): Promise<Conflict | undefined>;
  /** What people read when it has succeeded, when it has failed, and when nobody knows. */
  words: { done?: string; failed: string; unclear: string };
}

/** Makes a change: shows it at once, sends it when its turn comes, and takes back what does not succeed. */
export function perform(plan: Plan, key = newKey(), change = begin(plan.pair, plan.apply)): Promise<Outcome> {
  return inTurn(plan.pair, async () => {
    change.sent = true;
    try {
      const rating = await plan.send(key);
      succeed(change, rating);
      if (plan.words.done) notify({ tone: "success", text: plan.words.done });
      return { kind: "done", rating };
    } catch (error) {
      const failure = failureOf(error);
      // What is not there any more, or another, is in doubt, too.
      const isOther = [404, 409, 412].includes(failure.status);
      fail(change, isOther ? "unknown" : failure.outcome);
      return await afterFailure(plan, failure, key);
    }
  });
}

async function afterFailure(plan: Plan, failure: Failure, key: string): Promise<Outcome> {
  if (failure.slug === "rating-exists" || failure.status === 412) {
    // Before people choose, both are known as they are: what comes next is counted from there.
    const refreshed = askForService(plan.serviceId).catch(() => undefined);
    const [conflict] = await Promise.all([plan.inTheWay(failure).catch(() => undefined), refreshed]);
    if (conflict) return { kind: "conflict", conflict };
  }
  const again = async () => {
    const outcome = await perform(plan, failure.keySpent ? newKey() : key);
    // Whoever made the change waits no more, so that the question is asked here.
    if (outcome.kind === "conflict") askAbout(outcome.conflict);
  };
  const action = { label: "Try again", run: () => void again() };
  const text = failure.outcome === "unknown" ? plan.words.unclear : plan.words.failed;
  notify({ tone: "error", text, failure, ...(mayHelp(failure) && { action }) });
  return { kind: "failed", failure };
}

/** Whether the same change may succeed later. */
function mayHelp({ status }: Failure): boolean {
  return status < 400 || status >= 500 || status === 429 || status === 408;
}

/** How long the question stays that is asked of somebody who has gone on, in ms. */
const ASK_MS = 60_000;

/** Asks which version shall stay where nobody waits for the outcome any more. Not to answer takes theirs. */
export function askAbout({ mine, keepMine }: Conflict): void {
  const [undone, label] = mine ? ["saved", "Keep mine"] : ["deleted", "Delete it"];
  const run = async () => {
    const outcome = await keepMine();
    if (outcome.kind === "conflict") askAbout(outcome.conflict);
  };
  const text = `This rating has changed meanwhile, and was not ${undone}`;
  notify({ tone: "info", text, action: { label, run: () => void run() }, lasts: ASK_MS });
}
