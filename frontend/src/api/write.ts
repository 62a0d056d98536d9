import { writeWaits } from "../state/connection.ts";
import { type Answer, exchange } from "./exchange.ts";
import { ApiError, type Failure } from "./failure.ts";
import { limits } from "./limits.ts";
import { backoff, pause, untilOnline } from "./pause.ts";
import { shareNoMore } from "./share.ts";
import type { Body, Data, Method, Operation, Params, PathOf } from "./types.ts";
import { urlOf } from "./url.ts";

type WriteMethod = Exclude<Method, "get">;

/** What a write sends besides its path. */
export type Sent<P extends PathOf<M>, M extends WriteMethod> = Params<Operation<P, M>> & {
  body?: Body<Operation<P, M>>;
  /** Made once for each new write, and the same for its repeats: see `newKey`. */
  key: string;
  /** The tag of the only state that may be changed. */
  ifMatch?: string | undefined;
  /** The answer may come later: see `jobs.ts`. */
  prefer?: "respond-async";
  /** The page may go before the answer comes. */
  keepalive?: boolean;
  signal?: AbortSignal;
};

/** What a write brings. */
export interface Written<T> {
  data: T;
  tag: string | undefined;
  /** Of what was made, or of the job. */
  location: string | undefined;
}

/** A key for one write. Repeats with the same key have one effect, and one answer (docs/jobs.md). */
export function newKey(): string {
  // randomUUID is there in secure contexts only; plain HTTP in a local network is none.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) =>
    octet.toString(16).padStart(2, "0"),
  ).join("");
}

/**
 * Writes, and repeats it under its key until there is an answer, for a minute at most.
 * @throws ApiError when the answer is a failure, or none came.
 */
export async function write<M extends WriteMethod, P extends PathOf<M>>(
  method: M,
  path: P,
  sent: Sent<P, M>,
): Promise<Written<Data<Operation<P, M>>>> {
  const { body, signal } = sent;
  const headers = new Headers({ "idempotency-key": `"${sent.key}"` });
  if (sent.ifMatch) headers.set("if-match", sent.ifMatch);
  if (sent.prefer) headers.set("prefer", sent.prefer);
  if (body !== undefined)
    headers.set("content-type", typeof body === "string" ? "text/csv; charset=utf-8" : JSON_TYPE);
  const answer = await persist(urlOf(path, sent), {
    method: method.toUpperCase(),
    headers,
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(sent.keepalive && { keepalive: true }),
    ...(signal && { signal }),
  });
  const field = (name: string) => answer.headers.get(name) ?? undefined;
  // The types are made from the contract that the service is tested against.
  return { data: answer.data as Data<Operation<P, M>>, tag: field("etag"), location: field("location") };
}

const JSON_TYPE = "application/json";

/** Sends a request with a key until it is answered for good. Waiting for a network does not count as time spent. */
export async function persist(url: string, init: RequestInit): Promise<Answer> {
  let spentMs = 0;
  let answered: (() => void) | undefined;
  let inDoubt = false;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const begun = Date.now();
      try {
        return await exchange(url, init, Math.min(limits.attemptMs, limits.writeMs - spentMs));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { failure } = error;
        inDoubt ||= failure.outcome === "unknown";
        const asked = failure.retryAfter;
        const wait = asked === undefined ? backoff(attempt) : asked * 1000;
        spentMs += Date.now() - begun + wait;
        if (!mayRepeat(failure) || spentMs >= limits.writeMs) throw inDoubt ? doubtful(failure) : error;
        answered ??= writeWaits();
        await pause(wait, asked !== undefined, init.signal ?? undefined);
        await untilOnline(init.signal ?? undefined);
      }
    }
  } finally {
    shareNoMore();
    answered?.();
  }
}

/** That nothing was done by the last attempt says nothing of those before; only the answer that is kept does. */
function doubtful(failure: Failure): ApiError {
  return new ApiError(failure.keySpent ? failure : { ...failure, outcome: "unknown" });
}

/** Whether the same request with the same key may bring another answer. */
function mayRepeat({ kind, status, keySpent }: Failure): boolean {
  if (kind === "offline" || kind === "timeout") return true;
  return !keySpent && [429, 502, 503, 504].includes(status);
}
