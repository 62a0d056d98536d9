import { type ReadonlySignal, signal } from "@preact/signals";

/** How often what depends on the time is told anew, in ms. */
const TICK_MS = 1_000;

const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, TICK_MS);

/** The time in ms since 1970, by the second. */
export const clock: ReadonlySignal<number> = now;
