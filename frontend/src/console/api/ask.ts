import { exchange } from "../../api/exchange.ts";
import { ApiError, failureOf } from "../../api/failure.ts";
import type { Words } from "../../api/words.ts";
import { api } from "../../base.ts";

/** How long one answer may take, in ms: longer than the proxy waits for what it asks in turn. */
const ATTEMPT_MS = 15_000;

/** What operators read where the words for clients of the platform would mislead them. */
const WORDS: Record<string, Words> = {
  "no-job": {
    title: "There is no such job",
    detail: "The id is wrong, or it ended so long ago that its record has lapsed.",
  },
  "job-final": { title: "It has ended already", detail: "Nothing is left to cancel." },
};

let whenRefused = () => {};

/** Says what happens when the console's API does not know (any more) who asks. */
export function onRefusal(act: () => void): void {
  whenRefused = act;
}

/** What is sent with a request, besides its path. */
export interface Ask {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * Asks the console's API once: who looks at figures that are read anew all the time is better told at once.
 * @throws ApiError whatever goes wrong; the reason of the signal when that is aborted.
 */
export async function ask<T>(path: string, { method = "GET", body, signal }: Ask = {}): Promise<T> {
  const headers: Record<string, string> = {};
  // No page of another origin can send this field.
  if (method !== "GET") headers["uptake-admin"] = "1";
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const { data } = await exchange(
      api + path,
      {
        method,
        headers,
        cache: "no-store",
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      },
      ATTEMPT_MS,
    );
    // The proxy is of the same release as this page.
    return data as T;
  } catch (error) {
    const failure = failureOf(error);
    const { status, slug } = failure;
    if (status === 401 && slug !== "wrong-token") whenRefused();
    throw error instanceof ApiError ? new ApiError({ ...failure, ...WORDS[slug] }) : error;
  }
}

/**
 * A part of a list. Where nothing was ever listed, because no worker has made the place for it yet (`slug`), it is empty.
 * @throws ApiError
 */
export async function askPart<T>(path: string, slug: string, none: T, signal?: AbortSignal): Promise<T> {
  try {
    return await ask<T>(path, { signal });
  } catch (error) {
    if (failureOf(error).slug === slug) return none;
    throw error;
  }
}

/** A path with its query; what is undefined or empty is left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const params = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(params.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}
