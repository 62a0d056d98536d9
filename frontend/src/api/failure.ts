import type { Problem } from "./types.ts";
import { type Words, wordsFor } from "./words.ts";

/** Something that is wrong with one field of a form, or one parameter of a list. */
export interface FieldFault {
  /** The member of the body, or the parameter: "score". Empty where it is the body as a whole. */
  name: string;
  text: string;
}

/** Every failure in one shape, with words for people. */
export interface Failure {
  /** `foreign` is an answer that is neither the platform's nor the service's: HTML from something between, broken JSON. */
  kind: "offline" | "timeout" | "problem" | "foreign";
  /** 0 without an answer. */
  status: number;
  /** The last part of the problem's type (docs/problems.md), else "". */
  slug: string;
  /** What happened. */
  title: string;
  /** What to do. */
  detail: string;
  fields: FieldFault[];
  /** Of a 409: the rating that is in the way. */
  ratingId?: string;
  requestId?: string;
  /** In seconds. */
  retryAfter?: number;
  /** Whether a write may have taken effect all the same. */
  outcome: "none" | "unknown";
  /** Whether this answer is kept under the key of the request: the same key brings nothing else any more. */
  keySpent: boolean;
}

export class ApiError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.title);
    this.name = "ApiError";
  }
}

/** The failure behind whatever was thrown; what is no `ApiError` is a defect of this page. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return error.failure;
  const words = { title: "Something went wrong in this page", detail: "Reload it, and try again." };
  return { kind: "foreign", status: 0, slug: "", ...words, fields: [], outcome: "unknown", keySpent: false };
}

/** No answer came: the connection failed, or it took too long. */
export function withoutAnswer(kind: "offline" | "timeout"): Failure {
  return { kind, status: 0, slug: "", ...wordsFor(kind, 0), fields: [], outcome: "unknown", keySpent: false };
}

/** An answer that is no success, or not what was asked for. */
export function ofAnswer(status: number, headers: Headers, body: unknown, now = Date.now()): Failure {
  const problem = isProblem(body) ? body : undefined;
  const slug = problem?.type.split(":").at(-1) ?? "";
  const retryAfter = secondsOf(headers.get("retry-after"), now);
  const requestId = problem?.requestId ?? headers.get("x-request-id");
  const ratingId = problem?.errors?.find((error) => error.ratingId)?.ratingId;
  return {
    kind: problem ? "problem" : "foreign",
    status,
    slug,
    ...words(problem, slug, status),
    fields: (problem?.errors ?? []).map((error) => ({ name: nameOf(error), text: error.detail })),
    ...(ratingId && { ratingId }),
    ...(requestId && { requestId }),
    ...(retryAfter !== undefined && { retryAfter }),
    outcome: isUnknown(status, slug, headers) ? "unknown" : "none",
    keySpent: isSpent(status, slug, headers, problem !== undefined),
  };
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "type" in body &&
    typeof body.type === "string" &&
    "title" in body
  );
}

/** Our words for what we know; the service's own for what we do not, and for what only it can tell. */
function words(problem: Problem | undefined, slug: string, status: number): Words {
  const ours = wordsFor(slug, status);
  if (!problem) return ours;
  const { title, detail = ours.detail, line } = problem;
  if (slug === "invalid-csv")
    return { title: ours.title, detail: line ? `Line ${line}: ${detail}.` : detail };
  return ours.known ? ours : { title, detail };
}

/** "/items/3/score" is "score" to people, for they fill in one thing at a time. */
function nameOf(error: { pointer?: string; parameter?: string }): string {
  return (
    error.parameter ?? error.pointer?.split("/").at(-1)?.replaceAll("~1", "/").replaceAll("~0", "~") ?? ""
  );
}

/** Seconds from now: the field has a number of them, or a date (RFC 9110 §10.2.3). */
export function secondsOf(field: string | null, now: number): number | undefined {
  if (field === null) return undefined;
  if (/^\d+$/.test(field.trim())) return Number(field);
  const date = Date.parse(field);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

/** Below 500 and at 503 nothing was done, nor where the service (not the platform) says that it failed. */
function isUnknown(status: number, slug: string, headers: Headers): boolean {
  if (slug === "job-store-unavailable") return true;
  if (slug === "request-undecodable" || (slug === "internal" && !headers.has("proxy-status"))) return false;
  return (status < 400 || status >= 500) && status !== 503;
}

const ENDED = ["job-dead", "job-cancelled", "job-timeout", "idempotency-key-reused"];

/**
 * What the service says is kept under the key. What the platform says before it has asked the service, or for the moment
 * (502, 503, 504, 429), is not, nor is what something between says; unless the answer tells that it was kept.
 */
function isSpent(status: number, slug: string, headers: Headers, isProblem: boolean): boolean {
  if (headers.get("idempotency-replayed") === "true" || ENDED.includes(slug)) return true;
  if (status < 500 && (headers.has("proxy-status") || !isProblem)) return false;
  return status >= 400 && status !== 429 && ![502, 503, 504].includes(status);
}
