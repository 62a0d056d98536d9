import { effect } from "@preact/signals";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Rating } from "../api/types.ts";
import { serviceWith } from "../testing/example.ts";
import * as ledger from "./ledger.ts";

let lastService = 0;
/** A service of its own for each test: the ledger is one for the whole page. */
const newService = () => `s${(lastService += 1)}`;

function rating(serviceId: string, userId: string, score: number): Rating {
  const time = "2026-11-21T12:00:00Z";
  return { id: `${userId} ${serviceId}`, userId, serviceId, score, createdAt: time, updatedAt: time };
}

/** What the server has, and what the page knows of it. */
class World {
  readonly serviceId = newService();
  readonly scores = new Map<string, number>();
  readonly users = ["ada", "bo", "cy"];

  constructor(scores: [string, number][]) {
    // What an earlier test left in doubt is none of this world.
    ledger.takeDoubted();
    for (const [user, score] of scores) this.scores.set(user, score);
    this.read()();
  }

  pair(user: string) {
    return ledger.pairOf({ userId: user, serviceId: this.serviceId });
  }

  /** Asks now, is answered at once, and returns what takes over the answer. */
  read(): () => void {
    const since = ledger.now();
    const seen = this.answer();
    return () => {
      for (const one of seen) ledger.see(since, one);
    };
  }

  answer(): Parameters<typeof ledger.see>[1][] {
    const ratings = this.users.map((user) => {
      const score = this.scores.get(user);
      return score === undefined
        ? { none: this.pair(user) }
        : { ratings: [rating(this.serviceId, user, score)] };
    });
    return [{ services: [serviceWith([...this.scores.values()], this.serviceId)] }, ...ratings];
  }

  begin(user: string, score: number | undefined): ledger.Change {
    const apply = () => (score === undefined ? undefined : rating(this.serviceId, user, score));
    return ledger.begin(this.pair(user), apply);
  }

  commit(user: string, score: number | undefined) {
    if (score === undefined) this.scores.delete(user);
    else this.scores.set(user, score);
  }

  succeed(change: ledger.Change, user: string, score: number | undefined) {
    ledger.succeed(change, score === undefined ? undefined : rating(this.serviceId, user, score));
  }

  shown() {
    const ratings = this.users.map((user) => ledger.ratingOf(this.pair(user))?.score);
    return { ratings, service: ledger.serviceOf(this.serviceId) };
  }

  expected() {
    const ratings = this.users.map((user) => this.scores.get(user));
    return { ratings, service: serviceWith([...this.scores.values()], this.serviceId) };
  }
}

it("shows a change at once, and takes back exactly that one when it fails", () => {
  const world = new World([["bo", 4]]);
  const [first, second] = [world.begin("ada", 1), world.begin("bo", 5)];
  first.sent = second.sent = true;
  expect(world.shown().service).toMatchObject({ ratingCount: 2, averageScore: 3 });
  ledger.fail(first);
  expect(world.shown().service).toMatchObject({ ratingCount: 1, averageScore: 5 });
  world.commit("bo", 5);
  world.succeed(second, "bo", 5);
  expect(world.shown()).toEqual(world.expected());
});

it("keeps the later of two changes of one rating when the first fails", () => {
  const world = new World([["ada", 2]]);
  const first = world.begin("ada", 3);
  world.begin("ada", 4);
  ledger.fail(first);
  expect(world.shown()).toMatchObject({ ratings: [4, undefined, undefined], service: { averageScore: 4 } });
});

it("counts nothing twice when an answer that has the change already comes before the change's own", () => {
  const world = new World([["bo", 4]]);
  const change = world.begin("ada", 2);
  change.sent = true;
  world.commit("ada", 2);
  world.read()();
  expect(world.shown()).toEqual(world.expected());
  world.succeed(change, "ada", 2);
  expect(world.shown()).toEqual(world.expected());
});

it("does not go back to an answer that is older than the change", () => {
  const world = new World([["ada", 2]]);
  const old = world.read();
  const change = world.begin("ada", 5);
  change.sent = true;
  world.commit("ada", 5);
  world.succeed(change, "ada", 5);
  old();
  expect(world.shown()).toEqual(world.expected());
  expect(ledger.takeDoubted()).toMatchObject({ services: [world.serviceId] });
  expect(ledger.takeDoubted()).toEqual({ pairs: [], services: [] });
});

it("takes over what others did while a deletion waits to be sent", () => {
  const world = new World([["ada", 2]]);
  const change = world.begin("ada", undefined);
  world.commit("bo", 5);
  world.read()();
  expect(world.shown()).toMatchObject({ ratings: [undefined, 5, undefined], service: { ratingCount: 1 } });
  ledger.fail(change);
  expect(world.shown()).toEqual(world.expected());
});

it("takes over events of others, now or later", () => {
  const world = new World([["ada", 2]]);
  world.commit("bo", 3);
  ledger.applyRating(world.pair("bo"), rating(world.serviceId, "bo", 3));
  expect(world.shown()).toEqual(world.expected());
});

it("tells whoever looks", () => {
  const world = new World([]);
  const seen: unknown[] = [];
  const stop = effect(() => {
    seen.push(ledger.ratingOf(world.pair("ada"))?.score);
  });
  ledger.fail(world.begin("ada", 1));
  stop();
  expect(seen).toEqual([undefined, 1, undefined]);
});

it("knows what was created after a list was asked for", () => {
  const world = new World([]);
  const since = ledger.now();
  const change = world.begin("ada", 1);
  expect(ledger.createdAfter(since)).toEqual([world.pair("ada")]);
  change.sent = true;
  world.succeed(change, "ada", 1);
  expect(ledger.createdAfter(since)).toEqual([world.pair("ada")]);
  expect(ledger.createdAfter(ledger.now())).toEqual([]);
});

/** One thing that happens; which of those under way is chosen by `pick`. */
const happening = fc.record({
  what: fc.constantFrom("begin", "begin", "send", "commit", "settle", "ask", "answer", "arrive"),
  pick: fc.nat(50),
  user: fc.constantFrom("ada", "bo", "cy"),
  score: fc.option(fc.constantFrom(0, 0.5, 2, 4.5, 5), { nil: undefined }),
  fate: fc.constantFrom("done", "done", "refused", "lost"),
});
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

interface UnderWay extends Happening {
  change: ledger.Change;
  isCommitted: boolean;
}

/** As the page does it with what is in doubt. */
function askAgain(world: World) {
  const { pairs, services } = ledger.takeDoubted();
  if (pairs.length + services.length > 0) world.read()();
}

/** Plays what happens, in this order, as far as it can; then all comes to its end. */
function play(world: World, story: Happening[], afterEach = () => {}) {
  const writes: UnderWay[] = [];
  const reads: { since: number; seen?: ReturnType<World["answer"]> }[] = [];
  const settle = (write: UnderWay) => {
    writes.splice(writes.indexOf(write), 1);
    if (write.fate === "done") world.succeed(write.change, write.user, write.score);
    else ledger.fail(write.change, write.fate === "lost" ? "unknown" : "none");
    askAgain(world);
  };
  const steps: Record<string, (next: Happening) => void> = {
    begin: (next) => writes.push({ ...next, change: world.begin(next.user, next.score), isCommitted: false }),
    send: ({ pick }) => {
      // Writes of one rating are sent one after the other.
      const first = writes.filter((write) => writes.find(({ user }) => user === write.user) === write);
      const open = first.filter(({ change }) => !change.sent);
      const write = open[pick % open.length];
      if (write) write.change.sent = true;
    },
    commit: ({ pick }) => {
      const open = writes.filter(({ change, isCommitted }) => change.sent && !isCommitted);
      const write = open[pick % open.length];
      if (!write) return;
      write.isCommitted = true;
      if (write.fate !== "refused") world.commit(write.user, write.score);
    },
    settle: ({ pick }) => {
      const open = writes.filter(({ isCommitted }) => isCommitted);
      const write = open[pick % open.length];
      if (write) settle(write);
    },
    ask: () => reads.push({ since: ledger.now() }),
    answer: ({ pick }) => {
      const read = reads[pick % reads.length];
      if (read) read.seen ??= world.answer();
    },
    arrive: ({ pick }) => {
      const read = reads[pick % reads.length];
      if (!read?.seen) return;
      reads.splice(reads.indexOf(read), 1);
      for (const one of read.seen) ledger.see(read.since, one);
    },
  };
  for (const next of story) {
    steps[next.what]?.(next);
    afterEach();
  }
  while (writes[0]) for (const what of ["send", "commit", "settle"]) steps[what]?.({ ...writes[0], pick: 0 });
  for (const { since, seen } of reads) for (const one of seen ?? world.answer()) ledger.see(since, one);
  askAgain(world);
}

it("shows in the end what the server has, whatever came in which order", () => {
  const story = fc.array(happening, { maxLength: 40, size: "max" });
  fc.assert(
    fc.property(story, (story) => {
      const world = new World([["bo", 4]]);
      play(world, story);
      expect(world.shown()).toEqual(world.expected());
    }),
    { numRuns: 2_000 },
  );
});

it("shows at any moment numbers that are those of the ratings that it shows", () => {
  // What was done though its answer was lost is not known before it is asked for.
  const told = happening.map(
    (next) => ({ ...next, fate: next.fate === "lost" ? "refused" : next.fate }) as Happening,
  );
  fc.assert(
    fc.property(fc.array(told, { maxLength: 40, size: "max" }), (story) => {
      const world = new World([["bo", 4]]);
      play(world, story, () => {
        const { ratings, service } = world.shown();
        const scores = ratings.filter((score) => score !== undefined);
        expect(service).toEqual(serviceWith(scores, world.serviceId));
      });
    }),
    { numRuns: 2_000 },
  );
});
