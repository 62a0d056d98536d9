import { online } from "../state/connection.ts";
import { type Answer, exchange } from "./exchange.ts";
import { ApiError, type Failure } from "./failure.ts";
import { limits } from "./limits.ts";
import { backoff, pause } from "./pause.ts";
import { share } from "./share.ts";
import type { Data, Operation, Params, PathOf } from "./types.ts";
import { urlOf } from "./url.ts";

type Get<P extends PathOf<"get">> = Operation<P, "get">;

/** What was read, and the tag of that state for `If-Match`. */
export interface Tagged<T> {
  data: T;
  tag: string | undefined;
}

/**
 * Reads from the API. Reads of one URL at one time are one request.
 * @throws ApiError when it fails, or does not succeed within few attempts.
 */
export async function read<P extends PathOf<"get">>(
  path: P,
  params: Params<Get<P>>,
  signal?: AbortSignal,
): Promise<Data<Get<P>>> {
  return (await readTagged(path, params, signal)).data;
}

/** As `read`, with the tag of what was read. */
export async function readTagged<P extends PathOf<"get">>(
  path: P,
  params: Params<Get<P>>,
  signal?: AbortSignal,
): Promise<Tagged<Data<Get<P>>>> {
  const url = urlOf(path, params);
  // Who comes back from elsewhere would get from the browser's cache, unasked, what was there when they left.
  const asking = (signal: AbortSignal) => get(url, { cache: "no-cache", signal });
  const { data, headers } = await share(url, asking, signal);
  // The types are made from the contract that the service is tested against.
  return { data: data as Data<Get<P>>, tag: headers.get("etag") ?? undefined };
}

/** GETs a URL, with few repeats. The browser's cache keeps bodies and asks with their tags. */
export async function get(url: string, init: RequestInit): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await exchange(url, init);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const wait = waitMs(error.failure, attempt);
      if (wait === undefined) throw error;
      await pause(wait, error.failure.retryAfter !== undefined, init.signal ?? undefined);
    }
  }
}

/** The wait before the next attempt, in ms; undefined where it shall not be. Without a network it is better to say so. */
function waitMs(failure: Failure, attempt: number): number | undefined {
  if (attempt >= limits.readAttempts || !online.value) return undefined;
  if (failure.kind !== "offline" && ![502, 503, 504].includes(failure.status)) return undefined;
  const wait = failure.retryAfter === undefined ? backoff(attempt) : failure.retryAfter * 1000;
  return wait > limits.readWaitMs ? undefined : wait;
}
