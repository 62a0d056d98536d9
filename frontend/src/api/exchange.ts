import { ApiError, type Failure, ofAnswer, withoutAnswer } from "./failure.ts";
import { limits } from "./limits.ts";

/** A successful answer. */
export interface Answer {
  headers: Headers;
  /** What its JSON says; undefined without a body. */
  data: unknown;
}

/**
 * Sends a request once, and reads its answer to the end.
 * @throws ApiError whatever goes wrong; the reason of the signal when that is aborted.
 */
export async function exchange(
  url: string,
  init: RequestInit,
  timeoutMs = limits.attemptMs,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    const response = await fetch(url, { ...init, signal });
    const data = await bodyOf(response);
    if (response.ok && data !== BROKEN) return { headers: response.headers, data };
    throw new ApiError(ofAnswer(response.status, response.headers, data));
  } catch (error) {
    init.signal?.throwIfAborted();
    if (error instanceof ApiError) throw error;
    throw new ApiError(withoutAnswer(timeout.aborted ? "timeout" : "offline"));
  }
}

/** What an answer that is no success says. */
export async function failureOfResponse(response: Response): Promise<Failure> {
  return ofAnswer(response.status, response.headers, await bodyOf(response));
}

const BROKEN = Symbol("not JSON");

/** What the JSON of a body says: `BROKEN` where it is none, undefined where there is no body. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  if (!/[/+]json\b/.test(response.headers.get("content-type") ?? "")) return BROKEN;
  try {
    return JSON.parse(text);
  } catch {
    return BROKEN;
  }
}
