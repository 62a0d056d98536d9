interface Shared {
  answer: Promise<unknown>;
  askers: number;
  controller: AbortController;
}

const inFlight = new Map<string, Shared>();

/**
 * Does `work` once for all who ask for the same key at one time. It is aborted when the last of them has gone.
 * @throws what `work` throws; for an asker whose signal is aborted, its reason.
 */
export async function share<T>(
  key: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const shared = inFlight.get(key) ?? begin(key, work);
  shared.askers += 1;
  const leave = () => {
    shared.askers -= 1;
    if (shared.askers > 0) return;
    if (inFlight.get(key) === shared) inFlight.delete(key);
    shared.controller.abort();
  };
  // One key always has the same kind of work.
  if (!signal) return shared.answer as Promise<T>;
  return new Promise<T>((resolve, reject) => {
    const abort = () => {
      leave();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    const settled = () => signal.removeEventListener("abort", abort);
    (shared.answer as Promise<T>).then(resolve, reject).finally(settled);
  });
}

function begin(key: string, work: (signal: AbortSignal) => Promise<unknown>): Shared {
  const controller = new AbortController();
  const done = () => {
    if (inFlight.get(key) === shared) inFlight.delete(key);
  };
  const answer = work(controller.signal);
  const shared: Shared = { answer, askers: 0, controller };
  answer.then(done, done);
  inFlight.set(key, shared);
  return shared;
}

/** A write has ended: whoever asks from now on wants to see what it did, and does not join those who asked before. */
export function shareNoMore(): void {
  inFlight.clear();
}
