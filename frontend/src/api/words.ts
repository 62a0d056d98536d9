/** What people read of a failure: what happened, and what to do. */
export interface Words {
  title: string;
  detail: string;
  /** Whether these words were written for exactly this failure. */
  known?: boolean;
}

/** Whose words are the same in the eyes of a person, though the platform tells them apart. */
const GROUPS: [slugs: string, title: string, detail: string][] = [
  ["offline", "No connection", "The server could not be reached. Check your connection, and try again."],
  ["timeout", "No answer came in time", "The server takes very long. Try again in a moment."],
  [
    "disconnected stream-unavailable identity-unavailable job-store-unavailable database-busy",
    "Not available at the moment",
    "Part of the system is away for a moment. Try again shortly.",
  ],
  [
    "stream-full overloaded in-flight-limit job-store-full",
    "Too busy at the moment",
    "More people want something than can be served. Try again shortly.",
  ],
  [
    "outcome-unknown worker-lost answer-dropped answer-undecodable handler-panicked handler-failed answer-too-large",
    "Nobody knows whether it was done",
    "The connection to the answer was lost on the way. Look whether it took effect before you try again.",
  ],
  [
    "job-still-running",
    "It is still being worked on",
    "It was accepted and will be done. Look again in a moment.",
  ],
  ["job-not-finished", "Not finished yet", "The result is not there yet. Look again in a moment."],
  ["job-final", "It has ended already", "It can no longer be cancelled."],
  ["job-cancelled", "It was cancelled", "Somebody cancelled it. Start it anew if you want it."],
  [
    "job-dead job-timeout",
    "It could not be done",
    "It was tried several times and given up. Try again later, or ask for help.",
  ],
  ["no-job", "There is no such task", "It may be too old: tasks are forgotten after a day. Start a new one."],
  ["unauthenticated invalid-token", "You are not signed in", "Sign in again, and repeat what you did."],
  ["user-not-found", "This user is not there", "Perhaps somebody has removed it, or the link is wrong."],
  [
    "service-not-found",
    "This service is not there",
    "Perhaps somebody has removed it, or the link is wrong.",
  ],
  ["rating-not-found", "This rating is not there", "Perhaps somebody has removed it meanwhile."],
  [
    "no-route not-found",
    "Nothing is at this address",
    "The service may be starting. Try again in a moment, or go back.",
  ],
  ["rating-exists", "You have rated this service already", "Change that rating instead."],
  [
    "precondition-failed",
    "It has changed meanwhile",
    "Somebody else, or another tab, was faster. Look at it again.",
  ],
  ["invalid-body", "Something is not filled in correctly", "Correct what is marked, and try again."],
  [
    "unknown-reference",
    "The user or the service is not there any more",
    "Perhaps somebody has removed it. Reload, and choose again.",
  ],
  ["invalid-csv", "This file cannot be imported", "Correct it, and import it again. Nothing was imported."],
  [
    "invalid-query",
    "This list cannot be shown so",
    "Search, order or page of the link are not understood. Begin at the first page.",
  ],
  ["body-too-large", "This is too much at once", "Send less: a shorter text, or a file in parts."],
  [
    "body-timeout body-incomplete unreadable-body",
    "Sending was interrupted",
    "The connection is slow or broke off. Try again.",
  ],
  [
    "internal",
    "Something went wrong in the service",
    "It was not done. Try again, and ask for help if it stays so.",
  ],
  [
    "request-undecodable bad-host bad-framing bad-target bad-idempotency-key idempotency-key-required idempotency-key-reused " +
      "method-not-allowed method-not-supported target-too-long fields-too-large malformed-json malformed-condition " +
      "unsupported-media-type unsupported-content-encoding",
    "This page and the server do not understand each other",
    "Reload the page: it may be older than the server. Nothing was done.",
  ],
];

const WORDS = new Map(
  GROUPS.flatMap(([slugs, title, detail]) =>
    slugs.split(" ").map((slug) => [slug, { title, detail, known: true }] as const),
  ),
);

/** Words for a slug of docs/problems.md, for "offline" and "timeout", or else for the status. */
export function wordsFor(slug: string, status: number): Words {
  return WORDS.get(slug) ?? wordsForStatus(status);
}

function wordsForStatus(status: number): Words {
  if (status === 429) return { title: "Too many requests", detail: "Wait a moment, and try again." };
  if (status === 404)
    return { title: "Nothing is here", detail: "Perhaps it was removed, or the link is wrong." };
  const answered = status < 400 ? "something that this page cannot read" : `the error ${status}`;
  return {
    title: "The server answered strangely",
    detail: `It answered ${answered}. Try again in a moment.`,
  };
}
