import { type ReadonlySignal, signal } from "@preact/signals";
import { type Failure, failureOf } from "../../api/failure.ts";
import { type LetterFilter, readLetters, redrive, redrivePart, remove, removePart } from "../api/letters.ts";

/** What is done to many dead letters. */
export type Act = "redrive" | "delete";

/** One that it was not done to. */
export interface Left {
  sequence: number;
  reason: string;
}

/** What came of one step. */
interface Step {
  done: number;
  left: Left[];
  /** Why it makes no sense to go on. */
  halt?: string;
}

export interface Progress {
  is: "going" | "stopped" | "ended";
  done: number;
  left: Left[];
  /** Why it ended before its end. */
  failure?: Failure;
  halt?: string;
}

/** Letters that one request is about: few enough for progress to be seen. A redrive takes some round trips. */
const PART: Record<Act, number> = { redrive: 25, delete: 100 };
/** Letters that one request counts. */
const COUNTED = 1_000;

/** Does something step after step until its end, a failure, or `stop`. */
export class Bulk {
  readonly #stop = new AbortController();
  readonly #progress = signal<Progress>({ is: "going", done: 0, left: [] });
  readonly progress: ReadonlySignal<Progress> = this.#progress;
  /** Settles when nothing more happens. */
  readonly ended: Promise<void>;

  constructor(steps: (stop: AbortSignal) => AsyncGenerator<Step>) {
    this.ended = this.#run(steps(this.#stop.signal));
  }

  /** Stops before the next step. What is on its way is not taken back. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(steps: AsyncGenerator<Step>): Promise<void> {
    try {
      for await (const { done, left, halt } of steps) {
        const before = this.#progress.peek();
        this.#progress.value = {
          is: "going",
          done: before.done + done,
          left: [...before.left, ...left],
          ...(halt !== undefined && { halt }),
        };
        if (this.#stop.signal.aborted || halt !== undefined) break;
      }
      this.#end(this.#stop.signal.aborted ? "stopped" : "ended");
    } catch (error) {
      this.#end("ended", failureOf(error));
    }
  }

  #end(is: Progress["is"], failure?: Failure): void {
    this.#progress.value = { ...this.#progress.peek(), is, ...(failure && { failure }) };
  }
}

const HALT = "A stream is full or away at the moment. Go on later.";

/** Each of these, one after another. */
export async function* each(act: Act, sequences: readonly number[]): AsyncGenerator<Step> {
  for (const sequence of sequences) {
    try {
      await (act === "redrive" ? redrive(sequence) : remove(sequence));
      yield { done: 1, left: [] };
    } catch (error) {
      const failure = failureOf(error);
      // Without an answer, or signed out, or where nothing works, the next would fail likewise.
      if (failure.status === 0 || failure.status === 401 || failure.status >= 500) throw error;
      yield { done: 0, left: [{ sequence, reason: failure.detail || failure.title }] };
    }
  }
}

/** The first `most` that match, part by part. Those that come meanwhile are not meant. */
export async function* all(
  act: Act,
  filter: LetterFilter,
  most: number,
  stop: AbortSignal,
): AsyncGenerator<Step> {
  let after: number | null = 0;
  for (let seen = 0; after !== null && seen < most && !stop.aborted; ) {
    const part = { after, limit: Math.min(PART[act], most - seen) };
    // What of a request that is cut off took effect, nobody would know: it is not given the signal.
    if (act === "delete") {
      const { deleted, next = null } = await removePart(filter, part);
      yield { done: deleted, left: [] };
      [seen, after] = [seen + deleted, next];
    } else {
      const { redriven, notRedriven, next, stopped } = await redrivePart(filter, part);
      yield { done: redriven.length, left: notRedriven, ...(stopped && { halt: HALT }) };
      [seen, after] = [seen + redriven.length + notRedriven.length, next];
    }
  }
}

/** Counts those that match, and tells how many it has found; keeps none of them. @throws ApiError */
export async function count(
  filter: LetterFilter,
  tell: (found: number) => void,
  signal: AbortSignal,
): Promise<number> {
  let [found, after]: [number, number | null] = [0, 0];
  while (after !== null) {
    const part: { items: unknown[]; next: number | null } = await readLetters(
      filter,
      { after, limit: COUNTED },
      signal,
    );
    found += part.items.length;
    after = part.next;
    tell(found);
  }
  return found;
}
