import { ask, askPart, withQuery } from "./ask.ts";

/** Why a message was given up, and how people say it. */
export const CAUSES = [
  ["attempts-failed", "Attempts failed"],
  ["worker-lost", "Worker lost"],
  ["undecodable", "Undecodable"],
  ["max-deliveries", "Too many deliveries"],
] as const;

/** What is known of a message that was given up. */
export interface LetterFacts {
  cause: string;
  class: string;
  service: string;
  stream: string;
  /** Its number there. */
  sequence: number;
  attempts: number;
  lost: number;
  job?: string;
  run?: number;
  keyed?: boolean;
  status?: number;
  error?: string;
  worker: string;
  at: string;
  requestId: string;
  traceparent?: string;
  method: string;
  target: string;
  /** Names of HTTP fields that were not stored, and `(body)`. */
  leftOut: string[];
}

export interface Letter {
  sequence: number;
  octets: number;
  facts: LetterFacts;
}

export interface LetterWithMessage extends Letter {
  message: {
    subject: string;
    headers: [name: string, value: string][];
    /** Base64. */
    body: string;
  };
}

export interface LetterFilter {
  service: string;
  cause: string;
}

/** What came of a part of the dead letters. */
export interface Redrives {
  redriven: { sequence: number; job: string; run: number }[];
  notRedriven: { sequence: number; reason: string }[];
  next: number | null;
  /** Whether it makes no sense to go on at the moment. */
  stopped: boolean;
}

interface Part {
  after: number;
  limit: number;
}

const LETTERS = "/dead-letters";

/** A part of the dead letters, the oldest first. @throws ApiError */
export async function readLetters(filter: LetterFilter, part: Part, signal?: AbortSignal) {
  const path = withQuery(LETTERS, { ...filter, ...part });
  const none: { deadLetters: Letter[]; next: number | null } = { deadLetters: [], next: null };
  const { deadLetters, next } = await askPart(path, "no-dead-letters", none, signal);
  return { items: deadLetters, next };
}

/** @throws ApiError */
export const readLetter = (sequence: string, signal: AbortSignal) =>
  ask<LetterWithMessage>(`${LETTERS}/${encodeURIComponent(sequence)}`, { signal });

/** @throws ApiError */
export const redrive = (sequence: number) =>
  ask<{ job: string; run: number }>(`${LETTERS}/${sequence}/redrive`, { method: "POST" });

/** @throws ApiError */
export const remove = (sequence: number) => ask<undefined>(`${LETTERS}/${sequence}`, { method: "DELETE" });

/** Redrives a part of those that match. @throws ApiError */
export const redrivePart = (filter: LetterFilter, part: Part) =>
  ask<Redrives>(withQuery(`${LETTERS}/redrive`, { ...filter, ...part }), { method: "POST" });

/** Deletes a part of those that match. @throws ApiError */
export const removePart = (filter: LetterFilter, part: Part) =>
  ask<{ deleted: number; next?: number | null }>(withQuery(LETTERS, { ...filter, ...part }), {
    method: "DELETE",
  });
