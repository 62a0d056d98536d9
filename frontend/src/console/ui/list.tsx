import type { ComponentChildren, JSX } from "preact";

import { Empty } from "../../ui/empty.tsx";
import { Loading } from "../../ui/loading.tsx";
import type { Listed, Listing } from "../state/listing.ts";
import { counted } from "./format.ts";
import { TableSkeleton } from "./table.tsx";

interface ListProps<T> {
  listing: Listing<T>;
  /** "Jobs", and what one of them is called: "job". */
  what: string;
  noun: string;
  /** Said when there are none. */
  none: string;
  children(items: T[]): ComponentChildren;
}

/** A list with what brings more of it. Where the server has looked at many entries and found few, that is said. */
export function List<T>({ listing, what, noun, none, children }: ListProps<T>): JSX.Element {
  return (
    <Loading
      resource={listing}
      what={what}
      keep
      said={({ items }) => counted(items.length, noun)}
      skeleton={<TableSkeleton rows={6} />}
    >
      {({ items, next }: Listed<T>) => (
        <>
          {items.length === 0 ? (
            <Empty text={next === null ? none : "None found so far: there are more to look through."} />
          ) : (
            children(items)
          )}
          <div class="row">
            {next !== null && (
              <button
                type="button"
                class="button"
                aria-disabled={listing.loading.value}
                onClick={() => listing.loading.peek() || listing.more()}
              >
                {listing.loading.value ? "Loading…" : "Show more"}
              </button>
            )}
            {items.length > 0 && (
              <span class="soft small">
                {counted(items.length, noun)} shown{next !== null && ", more are there"}.
              </span>
            )}
          </div>
        </>
      )}
    </Loading>
  );
}
