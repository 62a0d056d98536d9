import type { Chain } from "./chain.ts";
import { attempts, begin, die, helloAnew } from "./console.ts";

/** A page of the console, by its address. */
export type Room = (chain: Chain) => Promise<string>;

/** A job that is there, and one that died: made once for each platform. */
const made = new WeakMap<Chain, Promise<{ job: string; dead: string }>>();

function jobs(chain: Chain): Promise<{ job: string; dead: string }> {
  const known = made.get(chain);
  if (known !== undefined) return known;
  const making = (async () => {
    await helloAnew(chain, attempts(1));
    const [dead = ""] = await die(chain, 1);
    return { job: await begin(chain, "work?steps=3&ms=10"), dead };
  })();
  made.set(chain, making);
  return making;
}

const after = (path: (made: { job: string; dead: string }) => string) => async (chain: Chain) =>
  path(await jobs(chain));

export const rooms: Record<string, Room> = {
  overview: after(() => "/"),
  streams: after(() => "/streams"),
  jobs: after(() => "/jobs"),
  "jobs-none": after(() => "/jobs?state=cancelled&path=%2Fnowhere"),
  job: after(({ job }) => `/jobs/${job}`),
  "job-failed": after(({ dead }) => `/jobs/${dead}`),
  "job-gone": after(() => `/jobs/${"0".repeat(32)}`),
  "dead-letters": after(() => "/dead-letters"),
  "dead-letter": after(() => "/dead-letters/1"),
  "dead-letter-gone": after(() => "/dead-letters/999"),
  "not-found": after(() => "/nowhere"),
};
