import { useLocation, useSearch } from "wouter-preact";

import { focusHeading } from "./heading.tsx";

/** Search, order and page of a list: all in the URL, so that reload, the back button and links work. */
export interface ListQuery {
  name: string;
  sort: string;
  cursor: string | undefined;
  search(name: string): void;
  sortBy(sort: string): void;
  next(cursor: string): void;
  /** Undefined on the first page. */
  previous: (() => void) | undefined;
}

/** Kept with a page's entry in the history: whether the entry before it is the page before. */
interface EntryState {
  fromPrevious?: boolean;
}

/** Reads and writes the query of the URL; `usual` is the order when none is named. */
export function useListQuery(usual: string): ListQuery {
  const [path, navigate] = useLocation();
  const params = new URLSearchParams(useSearch());
  const name = params.get("name") ?? "";
  const sort = params.get("sort") ?? usual;
  const cursor = params.get("cursor") ?? undefined;

  const go = (change: Record<string, string>, options: { replace?: boolean; state?: EntryState }) => {
    // A cursor is good only for the filters and the order that it was made with.
    const query = new URLSearchParams(
      Object.entries({ name, sort, ...change }).filter(([, value]) => value !== ""),
    );
    if (query.get("sort") === usual) {
      query.delete("sort");
    }
    navigate(query.size === 0 ? path : `${path}?${query}`, options);
  };
  const back = () => {
    const state = history.state as EntryState | null;
    if (state?.fromPrevious === true) {
      history.back();
    } else {
      // Of a page that a link led to nobody knows the page before.
      go({}, {});
    }
  };
  return {
    name,
    sort,
    cursor,
    // Each letter would be an entry of its own in the history.
    search: (text) => go({ name: text }, { replace: true }),
    sortBy: (order) => go({ sort: order }, { replace: true }),
    next: (to) => {
      go({ cursor: to }, { state: { fromPrevious: true } });
      // The next page begins at its top, for eyes and for the keyboard.
      scrollTo(0, 0);
      focusHeading();
    },
    previous: cursor === undefined ? undefined : back,
  };
}
