import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";

import type { Failure } from "../api/failure.ts";
import { Stale, Trouble } from "./trouble.tsx";

/** What a page shows as it comes: of `state/resource.ts`. */
interface Shown<T> {
  data: ReadonlySignal<T | undefined>;
  failure: ReadonlySignal<Failure | undefined>;
  loading: ReadonlySignal<boolean>;
  slow: ReadonlySignal<boolean>;
  reload(): void;
}

interface LoadingProps<T> {
  resource: Shown<T>;
  /** What cannot be shown when it fails: "Services". */
  what: string;
  /** Has the size of what comes, so that nothing moves. */
  skeleton: ComponentChildren;
  /** Whether what was there before stays until something else comes: a list that is searched must not flicker. */
  keep?: boolean;
  /** What screen readers are told when it has come, as after a search. */
  said?(data: T): string;
  children(data: T): ComponentChildren;
}

/** The content, or what stands in its place while it loads or when it cannot be had. */
export function Loading<T>({
  resource,
  what,
  skeleton,
  keep = false,
  said,
  children,
}: LoadingProps<T>): JSX.Element {
  const failure = resource.failure.value;
  const before = useRef<T>();
  const data = resource.data.value ?? (keep && failure === undefined ? before.current : undefined);
  before.current = data;
  if (data === undefined && failure !== undefined) {
    return (
      <Trouble
        heading={`${what} cannot be shown`}
        failure={failure}
        onRetry={[404, 422].includes(failure.status) ? undefined : () => resource.reload()}
      />
    );
  }
  return (
    <div class="stack loading" aria-busy={resource.loading.value}>
      {data !== undefined && failure !== undefined && (
        <Stale what="What you see may be old." failure={failure} onRetry={() => resource.reload()} />
      )}
      <p role="status" class={resource.slow.value ? "slow" : "visually-hidden"}>
        {resource.slow.value
          ? "This takes longer than usual…"
          : data === undefined
            ? "Loading…"
            : said?.(data)}
      </p>
      {data === undefined ? skeleton : children(data)}
    </div>
  );
}
