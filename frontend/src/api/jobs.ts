import { api } from "../base.ts";
import { events } from "./events.ts";
import { exchange, failureOfResponse } from "./exchange.ts";
import { ApiError, failureOf, withoutAnswer } from "./failure.ts";
import { limits } from "./limits.ts";
import { backoff, pause, untilOnline, untilShown } from "./pause.ts";
import { get } from "./read.ts";
import { newKey, persist } from "./write.ts";

/** What the platform knows of a job (docs/jobs.md). */
export interface Job {
  id: string;
  state: "accepted" | "running" | "done" | "failed" | "cancelled" | "dead";
  run: number;
  attempts: number;
  created: string;
  started?: string;
  finished?: string;
  nextAttempt?: string;
  progress?: { percent?: number; text?: string };
  lastFailure?: { status: number; error?: string; at: string };
  response?: string;
}

/** The id of a job, from the `Location` of the answer that accepted it. */
export function jobId(location: string): string {
  return location.split("/").at(-1) ?? "";
}

function urlOfJob(id: string): string {
  return `${api}/-/jobs/${encodeURIComponent(id)}`;
}

/** Whether nothing more will come. */
export function hasEnded(job: Job): boolean {
  return job.state !== "accepted" && job.state !== "running";
}

/**
 * Tells each change of a job, and returns its last state. By events, or by long polls where something between holds
 * events back. While the page is hidden nothing is asked anew.
 * @throws ApiError when there is no such job, or no news of it for a minute.
 */
export async function follow(id: string, onChange: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  let last: Job | undefined;
  let lastNewsAt = Date.now();
  let idle = 0;
  const tell = (job: Job) => {
    lastNewsAt = Date.now();
    if (JSON.stringify(job) === JSON.stringify(last)) return;
    idle = 0;
    last = job;
    onChange(job);
  };
  for (let byEvents = true; ; ) {
    idle += 1;
    let retryAfter: number | undefined;
    try {
      if (byEvents) byEvents = await listen(id, tell, signal);
      else tell(await poll(id, signal));
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error);
      if (isFinal(failure.status) || Date.now() - lastNewsAt > limits.followMs) throw error;
      retryAfter = failure.retryAfter;
    }
    if (last && hasEnded(last)) return last;
    await pause(
      retryAfter === undefined ? backoff(idle) : retryAfter * 1000,
      retryAfter !== undefined,
      signal,
    );
    if (navigator.onLine && !document.hidden) continue;
    await untilShown(signal);
    await untilOnline(signal);
    lastNewsAt = Date.now();
  }
}

function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

/** Listens until the stream ends. Returns whether events come through at all. */
async function listen(id: string, tell: (job: Job) => void, signal: AbortSignal): Promise<boolean> {
  const silence = new AbortController();
  const hush = () => silence.abort();
  let timer = setTimeout(hush, limits.firstEventMs);
  let heard = false;
  try {
    const headers = { accept: "text/event-stream" };
    const response = await fetch(urlOfJob(id), {
      headers,
      cache: "no-store",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) throw new ApiError(await failureOfResponse(response));
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body)
      return false;
    for await (const event of events(response.body)) {
      // A sign of life is none of the first event, which the platform sends at once.
      if (event === undefined && !heard) continue;
      clearTimeout(timer);
      timer = setTimeout(hush, limits.silenceMs);
      if (event === undefined) continue;
      heard = true;
      const job = JSON.parse(event) as Job;
      tell(job);
      if (hasEnded(job)) return true;
    }
    return heard;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    if (silence.signal.aborted && !heard) return false;
    throw new ApiError(withoutAnswer("offline"));
  } finally {
    clearTimeout(timer);
    // Nothing more is wanted of a stream that has not ended.
    hush();
  }
}

async function poll(id: string, signal: AbortSignal): Promise<Job> {
  const headers = { prefer: `wait=${limits.pollSeconds}` };
  return (await exchange(urlOfJob(id), { headers, cache: "no-store", signal })).data as Job;
}

/** Cancels a job, and returns its document. A job that has ended meanwhile is no failure: its state tells. */
export async function cancel(id: string): Promise<Job> {
  try {
    const headers = { "idempotency-key": `"${newKey()}"` };
    return (await persist(urlOfJob(id), { method: "DELETE", headers })).data as Job;
  } catch (error) {
    if (failureOf(error).slug !== "job-final") throw error;
    return (await get(urlOfJob(id), {})).data as Job;
  }
}

/**
 * The answer of a job that has ended, as the service gave it.
 * @throws ApiError also where that answer is a failure.
 */
export async function response<T>(id: string, signal?: AbortSignal): Promise<T> {
  return (await get(`${urlOfJob(id)}/response`, signal ? { signal } : {})).data as T;
}
