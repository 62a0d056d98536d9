import { limits } from "./limits.ts";

/**
 * Waits before a request is repeated: as long as the server asks for, else as `backoff` says, and then not longer
 * than until the browser comes online.
 * @throws the reason of the signal when that is aborted.
 */
export function pause(ms: number, asked: boolean, signal?: AbortSignal): Promise<void> {
  return wake(ms, window, asked ? "" : "online", signal);
}

/** Waits until the browser is online. Time-limited, for nobody knows whether it ever tells. */
export async function untilOnline(signal?: AbortSignal): Promise<void> {
  if (!navigator.onLine) await wake(limits.offlineMs, window, "online", signal);
}

/** Waits until the page is shown. */
export async function untilShown(signal?: AbortSignal): Promise<void> {
  while (document.hidden) await wake(limits.offlineMs, document, "visibilitychange", signal);
}

function wake(ms: number, target: EventTarget, event: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      target.removeEventListener(event, end);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    target.addEventListener(event, end);
    signal?.addEventListener("abort", end);
  });
}

/** The wait before attempt `number` + 1, in ms: it doubles, and is spread so that not all clients come back at once. */
export function backoff(number: number): number {
  const longest = Math.min(limits.firstWaitMs * 2 ** (number - 1), limits.longestWaitMs);
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}
