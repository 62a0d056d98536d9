import type { Overview, ServiceRow } from "../api/overview.ts";
import { counted, durationInWords, percentInWords } from "../ui/format.ts";
import { failedShare, type Point } from "./points.ts";

/** From how many seconds on a call waits too long. To a job nobody has promised when it runs. */
const LONG_WAIT_SECONDS = 5;
/** From where on a stream or a consumer is nearly full, from 0 to 1. */
export const NEARLY_FULL = 0.8;
/** How far back answers 5xx are looked at, in seconds. */
export const FAILED_SECONDS = 60;

/** Something that an operator should look at. */
export interface Trouble {
  key: string;
  /** What it is about: the name of a service, of a stream. */
  what?: string;
  text: string;
  /** Where there is more of it. */
  href: string;
  /** Whether requests fail or wait for nobody, or may soon. */
  grave: boolean;
}

/** All that is not as it should be, the worst first. Nothing when all is well. */
export function troublesOf(now: Overview, points: readonly Point[]): Trouble[] {
  const all = [...ofServices(now), ...ofAnswers(points), ...ofStreams(now), ...ofLetters(now, points)];
  const draining: Trouble[] = now.workers
    .filter((worker) => worker.draining)
    .map(({ id, service }) => ({
      key: `drain ${id}`,
      what: service,
      text: `worker ${id} drains: it ends when its work is done`,
      href: "/",
      grave: false,
    }));
  const unread: Trouble[] = now.errors.map((text) => ({
    key: `error ${text}`,
    text: `Not everything could be read: ${text}`,
    href: "/",
    grave: false,
  }));
  return [...all, ...draining, ...unread].sort((one, other) => Number(other.grave) - Number(one.grave));
}

/** Whether calls wait for too long. */
export function isLate({ class: kind, waiting, oldestSeconds }: ServiceRow): boolean {
  return kind !== "job" && waiting > 0 && (oldestSeconds ?? 0) >= LONG_WAIT_SECONDS;
}

function ofServices(now: Overview): Trouble[] {
  return now.services.flatMap((service) => {
    const { name, class: kind, stream, noWorker, waiting, oldestSeconds } = service;
    const which = kind === "call" ? "" : ` (${kind})`;
    if (noWorker) {
      const text = `no worker${which}; ${counted(waiting, "request")} ${waiting === 1 ? "waits" : "wait"}`;
      return [{ key: `worker ${stream}`, what: name, text, href: "/", grave: true }];
    }
    if (!isLate(service)) return [];
    const text = `${counted(waiting, "call")} waiting; the oldest is ${durationInWords(oldestSeconds ?? 0)} old`;
    return [{ key: `oldest ${stream}`, what: name, text, href: "/streams", grave: true }];
  });
}

function ofAnswers(points: readonly Point[]): Trouble[] {
  const share = failedShare(points, FAILED_SECONDS) ?? 0;
  if (share === 0) return [];
  const text = `${percentInWords(share)} of the answers of the last minute were 5xx`;
  return [{ key: "5xx", text, href: "/", grave: true }];
}

function ofStreams(now: Overview): Trouble[] {
  return now.streams.flatMap(({ name, kind, fullness, consumers }) => {
    const full = Math.max(fullness, ...consumers.map((consumer) => consumer.fullness));
    if (full < NEARLY_FULL) return [];
    const text = `${percentInWords(full)} full: ${beyond(kind, fullness < NEARLY_FULL)}`;
    return [{ key: `full ${name}`, what: name, text, href: "/streams", grave: true }];
  });
}

/** What becomes of what is more than a stream takes, or than its consumer lets into work. */
function beyond(kind: string, ofConsumer: boolean): string {
  if (ofConsumer) return "beyond the limits of its consumer nothing is delivered";
  return kind === "deadLetters"
    ? "beyond its limit the oldest are dropped"
    : "what is over its limit is refused";
}

/** Those of the last minutes only: old ones are no news, and their number stands in the navigation. */
function ofLetters(now: Overview, points: readonly Point[]): Trouble[] {
  const first = points.find(({ deadLetters }) => deadLetters !== undefined)?.deadLetters;
  const grown = first === undefined ? 0 : now.deadLetters - first;
  if (grown <= 0) return [];
  const text = `${counted(grown, "new dead letter")} in the last 15 minutes`;
  return [{ key: "letters", text, href: "/dead-letters", grave: false }];
}
