import { type ReadonlySignal, signal } from "@preact/signals";

const isOnline = signal(navigator.onLine);
const waitingWrites = signal(0);

/** Whether the browser has a network; that the server answers is another question. */
export const online: ReadonlySignal<boolean> = isOnline;

/** How many writes wait for network or server. */
export const waiting: ReadonlySignal<number> = waitingWrites;

window.addEventListener("online", () => {
  isOnline.value = true;
});
window.addEventListener("offline", () => {
  isOnline.value = false;
});

// Whoever leaves now would lose what is not sent yet: the browser asks first.
function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Counts a write that waits, until the function that it returns is called. */
export function writeWaits(): () => void {
  waitingWrites.value += 1;
  // Only then, for a page with such a listener is not kept for the back button.
  if (waitingWrites.value === 1) window.addEventListener("beforeunload", askBeforeLeaving);
  return () => {
    waitingWrites.value -= 1;
    if (waitingWrites.value === 0) window.removeEventListener("beforeunload", askBeforeLeaving);
  };
}
