import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { type Failure, failureOf } from "../../api/failure.ts";
import { backoff, pause, untilShown } from "../../api/pause.ts";
import { type Overview, readHistory, readOverview } from "../api/overview.ts";
import { type Point, pointOfHistory, pointOfOverview, withPoints } from "./points.ts";

/** Times of the live figures. An object, so that tests can have shorter ones. */
export const rhythm = {
  /** How often the proxy is asked, in ms. */
  everyMs: 2_000,
  /** After how long without an answer the proxy is asked for what was missed, in ms. */
  missedMs: 10_000,
};

const [newest, points, heard, silent, reason] = [
  signal<Overview | undefined>(undefined),
  signal<Point[]>([]),
  signal<number | undefined>(undefined),
  signal<number | undefined>(undefined),
  signal<Failure | undefined>(undefined),
];

/** The platform as it was told last. */
export const overview: ReadonlySignal<Overview | undefined> = newest;
/** The last 15 minutes, the oldest first. */
export const history: ReadonlySignal<Point[]> = points;
/** When the proxy answered last, in ms since 1970. */
export const heardAt: ReadonlySignal<number | undefined> = heard;
/** Since when it does not answer, in ms since 1970; undefined while it does. */
export const silentSince: ReadonlySignal<number | undefined> = silent;
/** Why it does not. */
export const failure: ReadonlySignal<Failure | undefined> = reason;

/** Streams that were there since this page began, and when each was seen last: one that vanishes is still told of. */
const seen = signal<ReadonlyMap<string, Overview["streams"][number]>>(new Map());
export const seenStreams: ReadonlySignal<ReadonlyMap<string, Overview["streams"][number]>> = seen;

/** Keeps the figures live while the page is shown, until the signal is aborted or nobody is signed in any more. */
export async function live(stop: AbortSignal): Promise<void> {
  for (let failures = 0; !stop.aborted; ) {
    try {
      await untilShown(stop);
      await look(stop);
      failures = 0;
      await pause(rhythm.everyMs, true, stop);
    } catch (error) {
      if (stop.aborted) return;
      failures += 1;
      const why = failureOf(error);
      // The page for signing in takes the place of this one.
      if (why.status === 401) return;
      batch(() => {
        reason.value = why;
        silent.value ??= heard.peek() ?? Date.now();
      });
      await pause(backoff(failures), false, stop).catch(() => undefined);
    }
  }
}

/** Forgets all: whoever signs in next need not see what another one saw. */
export function forget(): void {
  batch(() => {
    newest.value = heard.value = silent.value = reason.value = undefined;
    points.value = [];
    seen.value = new Map();
  });
}

async function look(stop: AbortSignal): Promise<void> {
  const missed = heard.peek() === undefined || Date.now() - (heard.peek() ?? 0) > rhythm.missedMs;
  const kept = missed ? (await readHistory(stop)).points.map(pointOfHistory) : [];
  const now = await readOverview(stop);
  batch(() => {
    const before = newest.peek();
    // Several pages that look at once are told the same.
    const isNew = before?.at !== now.at;
    const fresh = isNew ? [pointOfOverview(missed ? undefined : before, now)] : [];
    points.value = withPoints(points.peek(), [...kept, ...fresh]);
    newest.value = now;
    seen.value = new Map([...seen.peek(), ...now.streams.map((stream) => [stream.name, stream] as const)]);
    heard.value = Date.now();
    silent.value = reason.value = undefined;
  });
}
