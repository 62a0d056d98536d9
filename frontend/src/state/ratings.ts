import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Failure, failureOf } from "../api/failure.ts";
import { read } from "../api/read.ts";
import type { Page, Rating } from "../api/types.ts";
import { createdAfter, isPending, now, type Pair, pairOf, ratingOf, see } from "./ledger.ts";
import { type Resource, resource } from "./resource.ts";

export type { Editing } from "./look.ts";
export type { Conflict, Outcome } from "./perform.ts";
export { change, edit, rate } from "./rate.ts";
export { type Removal, remove } from "./remove.ts";

/** How many ratings a page has. */
const PAGE = 20;

/** Which ratings, and in which order. */
export interface RatingQuery {
  serviceId?: string | undefined;
  userId?: string | undefined;
  sort?: "createdAt" | "-createdAt" | "updatedAt" | "-updatedAt" | "score" | "-score" | undefined;
}

/** A rating as people see it: with what is on its way. */
export interface RatingRow extends Rating {
  /** Whether a change of it is on its way. */
  pending: boolean;
}

/** A list of ratings that grows page by page. */
export interface Ratings extends Resource<{ items: RatingRow[]; more: boolean }> {
  /** Appends the next page. */
  more(): void;
  loadingMore: ReadonlySignal<boolean>;
  /** Why the next page did not come. */
  moreFailure: ReadonlySignal<Failure | undefined>;
}

/** What a list knows by itself; the ratings are in the ledger. */
interface Loaded {
  pairs: Pair[];
  /** How many of them are of the first page. */
  first: number;
  next: string | null;
  /** When the first page was asked for. */
  since: number;
}

/** Ratings page by page, with what is on its way already in them. New ones of this page come first. */
export function ratingsOf(query: RatingQuery): Ratings {
  const list = resource<Loaded>(
    async (signal, before) => merge(before, await loadPage(query, undefined, signal)),
    `ratings ${JSON.stringify(query)}`,
  );
  const loadingMore = signal(false);
  const moreFailure = signal<Failure | undefined>(undefined);
  const gone = new AbortController();
  const more = async () => {
    const loaded = list.data.peek();
    if (!loaded?.next || loadingMore.value) return;
    loadingMore.value = true;
    moreFailure.value = undefined;
    try {
      const page = await loadPage(query, loaded.next, gone.signal);
      const latest = list.data.peek() ?? loaded;
      list.put({ ...latest, pairs: [...new Set([...latest.pairs, ...page.pairs])], next: page.next });
    } catch (error) {
      if (!gone.signal.aborted) moreFailure.value = failureOf(error);
    }
    loadingMore.value = false;
  };
  const data = computed(() => list.data.value && shown(list.data.value, query));
  const dispose = () => {
    gone.abort();
    list.dispose();
  };
  return { ...list, data, dispose, more: () => void more(), loadingMore, moreFailure };
}

async function loadPage(
  query: RatingQuery,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Loaded> {
  const since = now();
  const page: Page<Rating> = await read("/ratings", { query: { ...query, cursor, limit: PAGE } }, signal);
  see(since, { ratings: page.items });
  const pairs = page.items.map(pairOf);
  return { pairs, first: pairs.length, next: page.nextCursor, since };
}

/** A first page that was loaded anew, and the later ones that are there: nobody loses the place where they read. */
function merge(before: Loaded | undefined, page: Loaded): Loaded {
  if (!before || before.pairs.length <= before.first) return page;
  const tail = before.pairs.slice(before.first).filter((pair) => !page.pairs.includes(pair));
  return { ...page, pairs: [...page.pairs, ...tail], next: before.next };
}

function shown({ pairs, next, since }: Loaded, { serviceId, userId }: RatingQuery) {
  const added = createdAfter(since).filter((pair) => {
    const rating = ratingOf(pair);
    const matches = (!serviceId || rating?.serviceId === serviceId) && (!userId || rating?.userId === userId);
    return matches && !pairs.includes(pair);
  });
  const items = [...added, ...pairs].flatMap((pair) => {
    const rating = ratingOf(pair);
    return rating ? [{ ...rating, pending: isPending(pair) }] : [];
  });
  return { items, more: next !== null };
}

/** The rating of a service by a user; `rating` is undefined where there is none. */
export function ownRating(serviceId: string, userId: string): Resource<{ rating: RatingRow | undefined }> {
  const pair = pairOf({ serviceId, userId });
  const found = resource(async (signal) => {
    const since = now();
    const page = await read("/ratings", { query: { serviceId, userId, limit: 1 } }, signal);
    see(since, page.items.length > 0 ? { ratings: page.items } : { none: pair });
    return pair;
  }, `rating ${pair}`);
  const data = computed(() => {
    if (found.data.value === undefined) return undefined;
    const rating = ratingOf(pair);
    return { rating: rating && { ...rating, pending: isPending(pair) } };
  });
  return { ...found, data };
}
