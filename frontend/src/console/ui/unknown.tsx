import type { JSX } from "preact";

import { Trouble } from "../../ui/trouble.tsx";
import { failure } from "../state/live.ts";
import { TableSkeleton } from "./table.tsx";

/** In place of what is live, until it is known, or when it cannot be had. It is asked for all the time. */
export function Unknown({ what }: { what: string }): JSX.Element {
  const why = failure.value;
  if (why !== undefined) return <Trouble heading={`${what} cannot be shown`} failure={why} />;
  return (
    <div class="stack" aria-busy>
      <p role="status" class="visually-hidden">
        Loading…
      </p>
      <TableSkeleton rows={8} />
    </div>
  );
}
