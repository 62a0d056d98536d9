import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { ApiError, type Failure, failureOf } from "../api/failure.ts";
import { online } from "./connection.ts";

/** Something that is loaded, and may be loaded anew. It keeps what it has meanwhile. */
export interface Resource<T> {
  data: ReadonlySignal<T | undefined>;
  /** Why the last load failed; undefined once one succeeds. */
  failure: ReadonlySignal<Failure | undefined>;
  loading: ReadonlySignal<boolean>;
  /** True when an answer takes long. */
  slow: ReadonlySignal<boolean>;
  reload(): void;
  /** Nobody looks at it any more: what is under way is given up. */
  dispose(): void;
}

/** After how long without an answer a load is called slow, in ms. */
const SLOW_MS = 3_000;

/** How many results are kept for the way back. */
const KEPT = 50;

const kept = new Map<string, unknown>();

/** Loads at once; `load` is given what is there. `put` replaces that. What an earlier resource of the same key had is shown until the answer is there. */
export function resource<T>(
  load: (signal: AbortSignal, before: T | undefined) => Promise<T>,
  key?: string,
): Resource<T> & { put: (value: T) => void } {
  const data = signal(key === undefined ? undefined : (kept.get(key) as T | undefined));
  const failure = signal<Failure | undefined>(undefined);
  const loading = signal(false);
  const slow = signal(false);
  let controller = new AbortController();

  const put = (value: T) => {
    data.value = value;
    if (key !== undefined) keep(key, value);
  };
  const forget = () => {
    data.value = undefined;
    if (key !== undefined) kept.delete(key);
  };
  const reload = async () => {
    controller.abort();
    controller = new AbortController();
    const mine = controller.signal;
    loading.value = true;
    const timer = setTimeout(() => {
      slow.value = true;
    }, SLOW_MS);
    mine.addEventListener("abort", () => clearTimeout(timer));
    const settle = (done: () => void) => {
      clearTimeout(timer);
      if (mine.aborted) return;
      batch(() => {
        loading.value = slow.value = false;
        done();
      });
    };
    await load(mine, data.peek()).then(
      (value) =>
        settle(() => {
          put(value);
          failure.value = undefined;
        }),
      (error: unknown) =>
        settle(() => {
          failure.value = failureOf(error);
          // What is gone is not shown any more, nor on the way back.
          if (failure.value.status === 404) forget();
          if (!(error instanceof ApiError)) reportError(error);
        }),
    );
  };
  // What failed for want of a network is there again without a click.
  const stop = online.subscribe((isOnline) => {
    if (isOnline && failure.peek()?.status === 0) void reload();
  });
  void reload();
  const dispose = () => {
    stop();
    controller.abort();
  };
  return { data, failure, loading, slow, reload: () => void reload(), dispose, put };
}

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
