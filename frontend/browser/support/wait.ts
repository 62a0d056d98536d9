import { setTimeout as sleep } from "node:timers/promises";

/** How long a state may take to come, in milliseconds. It is long, because it only matters where a test fails. */
export const PATIENCE = 20_000;
const PAUSE = 25;

/** Waits until `probe` gives something other than undefined and false. A probe that throws has not found it yet. */
export async function eventually<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = Date.now() + PATIENCE;
  let reason: unknown;
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) return found;
      reason = undefined;
    } catch (error) {
      reason = error;
    }
    await sleep(PAUSE);
  }
  throw new Error(`in vain: ${what}`, { cause: reason });
}
