import { vi } from "vitest";

/** Long enough for a busy machine; nothing that works takes it. */
const WAIT_MS = 20_000;

/** Waits until something holds. */
export function until<T>(holds: () => T): Promise<T> {
  return vi.waitUntil(holds, { timeout: WAIT_MS, interval: 5 }) as Promise<T>;
}

/** Waits until a check does not throw. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: WAIT_MS, interval: 5 });
}
