import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { limits } from "../api/limits.ts";
import type { User } from "../api/types.ts";
import { eventually } from "../testing/eventually.ts";
import { pageOf } from "../testing/page.ts";
import { type Fate, RatingServer } from "../testing/rating-server.ts";
import { drop, problem } from "../testing/server.ts";
import { pairOf, ratingOf } from "./ledger.ts";
import { dismiss, notices } from "./notices.ts";
import type { Outcome } from "./perform.ts";
import { change, edit, rate } from "./rate.ts";
import { flush, remove } from "./remove.ts";

const before = { ...limits };

beforeEach(() => {
  limits.undoMs = 20_000;
});
afterEach(() => {
  Object.assign(limits, before);
  for (const { id } of notices.value) dismiss(id);
});

const FATES: Record<string, () => Fate> = {
  executed: () => ({}),
  "not received": () => ({ instead: drop }),
  "answered to nobody": () => ({ lost: drop }),
  "executed, and given up": () => ({ lost: problem(502, "job-dead") }),
  "refused as wrong": () => ({ instead: problem(422, "invalid-body") }),
  failed: () => ({ instead: problem(500, "internal") }),
  "refused on its way": () => ({ instead: problem(404, "no-route", {}, { "proxy-status": "uptake" }) }),
  "overloaded, then executed": () => ({ instead: problem(503, "overloaded", {}, { "retry-after": "0" }) }),
};

const deed = fc.record({
  what: fc.constantFrom("rate", "rate", "change", "change", "remove", "undo", "flush", "reload", "wait"),
  user: fc.nat(2),
  score: fc.constantFrom(0, 0.5, 2, 3.5, 5),
  fate: fc.constantFrom(...Object.keys(FATES)),
  keep: fc.boolean(),
});
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

/** Does what people do who do not wait, and chooses where there is something to choose. */
async function rush(server: RatingServer, reload: () => void, deeds: Deed[]) {
  const going: Promise<unknown>[] = [];
  const undos = new Map<User, () => void>();
  const choose = async (outcome: Outcome, keep: boolean): Promise<void> => {
    if (outcome.kind !== "conflict") return;
    if (keep) await choose(await outcome.conflict.keepMine(), false);
    else outcome.conflict.takeTheirs();
  };
  for (const { what, user: index, score, fate, keep } of deeds) {
    const user = server.user(index);
    const pair = pairOf({ userId: user.id, serviceId: server.service.id });
    const shown = ratingOf(pair);
    if (["rate", "change", "remove"].includes(what)) server.fates.push(FATES[fate]?.() ?? {});
    if (what === "rate" && !shown) {
      going.push(rate({ service: server.service, user, score }).then((outcome) => choose(outcome, keep)));
    } else if (what === "change" && shown) {
      const changed = edit(shown).then((editing) => change(editing, { score }));
      // What has gone meanwhile cannot be edited.
      going.push(changed.then((outcome) => choose(outcome, keep)).catch(() => undefined));
    } else if (what === "remove" && shown) {
      const { undo, done } = remove(shown);
      undos.set(user, undo);
      going.push(done.then((outcome) => choose(outcome, keep)));
    } else if (what === "undo") undos.get(user)?.();
    else if (what === "flush") flush(pair);
    else if (what === "reload") reload();
    else if (what === "wait") await new Promise((resolve) => setTimeout(resolve, score));
  }
  for (const user of server.users) flush(pairOf({ userId: user.id, serviceId: server.service.id }));
  await Promise.all(going);
}

it("shows in the end what the server has, whatever people do and whatever is lost, without being asked to", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 25, size: "max" }), async (deeds) => {
      const server = await RatingServer.start([
        [0, 4],
        [1, 1],
      ]);
      const page = await pageOf(server, server.user(0));
      await rush(server, () => page.list.reload(), deeds);
      await eventually(() => {
        const scores = [...server.ratings.values()].map(({ score }) => score);
        expect(page.shown().scores?.toSorted()).toEqual(scores.toSorted());
        expect(page.shown()).toEqual(page.expected());
      });
    }),
    { numRuns: 40, endOnFailure: true },
  );
}, 60_000);
