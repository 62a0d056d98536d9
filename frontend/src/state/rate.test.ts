import { afterEach, expect, it } from "vitest";
import { limits } from "../api/limits.ts";
import { eventually, until } from "../testing/eventually.ts";
import { conflictOf, gate, known, pageOf, texts, whoseOf } from "../testing/page.ts";
import { RatingServer } from "../testing/rating-server.ts";
import { drop, problem } from "../testing/server.ts";
import { dismiss, notices } from "./notices.ts";
import { change, edit, rate } from "./rate.ts";

const before = { ...limits };

afterEach(() => {
  Object.assign(limits, before);
  for (const { id } of notices.value) dismiss(id);
});

const lost = { lost: drop };
const refused = {
  instead: problem(422, "invalid-body", { errors: [{ pointer: "/score", detail: "is wrong" }] }),
};
it("shows a new rating at once, and keeps it when it is stored", async () => {
  const server = await RatingServer.start([[1, 4]]);
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  const { promise: hold, open } = gate();
  server.fates.push({ hold });
  const rating = rate({ ...whose, score: 2, comment: "Meh." });
  expect(page.shown()).toMatchObject({
    own: 2,
    scores: [2, 4],
    service: { ratingCount: 2, averageScore: 3 },
  });
  expect(page.own()).toMatchObject({ pending: true, comment: "Meh." });
  open();
  expect((await rating).kind).toBe("done");
  expect(page.shown()).toEqual(page.expected());
  expect(page.own()).toMatchObject({ pending: false, id: server.ratingOf(ada)?.id });
  expect(texts()).toEqual(["Rating saved"]);
  expect(server.received.length).toBe(4);
});

it("has one effect when the answer is lost", async () => {
  const server = await RatingServer.start();
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  server.fates.push({ instead: drop }, lost, lost);
  expect((await rate({ ...whose, score: 5 })).kind).toBe("done");
  expect(server.ratings.size).toBe(1);
  expect(server.sent("POST").length).toBe(4);
  expect(page.shown()).toEqual(page.expected());
});

it("takes a refused rating back, says why, and keeps the others", async () => {
  const server = await RatingServer.start([[1, 4]]);
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  server.fates.push(refused);
  const outcome = await rate({ ...whose, score: 2 });
  expect(outcome).toMatchObject({ kind: "failed", failure: { fields: [{ name: "score" }] } });
  expect(page.shown()).toEqual(page.expected());
  expect(notices.value).toMatchObject([{ tone: "error", text: "Your rating was not saved" }]);
  expect(notices.value[0]).not.toHaveProperty("action");
});

it("tries again under the same key when nobody answers", async () => {
  limits.writeMs = 50;
  const server = await RatingServer.start();
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  server.fates.push(...Array<typeof lost>(100).fill(lost));
  const outcome = await rate({ ...whose, score: 5 });
  expect(outcome).toMatchObject({ kind: "failed", failure: { outcome: "unknown" } });
  expect(texts()).toEqual(["It is unclear whether your rating was saved"]);
  // It may have been done after all: the page looks, and here it was.
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
  server.fates.length = 0;
  notices.value[0]?.action?.run();
  await until(() => texts().includes("Rating saved"));
  expect(new Set(server.sent("POST").map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(page.shown()).toEqual(page.expected());
});

it("tries again under a new key when the failure is kept under the old one", async () => {
  const server = await RatingServer.start();
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  server.fates.push({ instead: problem(500, "internal") });
  expect((await rate({ ...whose, score: 5 })).kind).toBe("failed");
  notices.value[0]?.action?.run();
  await until(() => texts().includes("Rating saved"));
  expect(new Set(server.sent("POST").map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
  expect(page.shown()).toEqual(page.expected());
});

it("offers the rating that is there already", async () => {
  const server = await RatingServer.start();
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  const theirs = server.add({ userId: ada.id, score: 1 });
  const conflict = conflictOf(await rate({ ...whose, score: 5, comment: "Mine" }));
  expect(conflict).toMatchObject({ mine: { score: 5 }, theirs });
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
  expect((await conflict.keepMine()).kind).toBe("done");
  expect(server.ratingOf(ada)).toMatchObject({ score: 5, comment: "Mine" });
  expect(page.shown()).toEqual(page.expected());
});

it("changes a rating, with the tag of when editing began", async () => {
  const server = await RatingServer.start([
    [0, 4],
    [1, 1],
  ]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  const changing = change(editing, { score: 0.5, comment: "Bad." });
  expect(page.shown()).toMatchObject({ own: 0.5, service: { averageScore: 0.75 } });
  expect((await changing).kind).toBe("done");
  expect(server.sent("PATCH")[0]?.headers["if-match"]).toBe(editing.tag);
  expect(page.own()).toMatchObject({ comment: "Bad." });
  expect(page.shown()).toEqual(page.expected());
});

it("gives people the choice when somebody else was faster", async () => {
  const server = await RatingServer.start([[0, 4]]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  const theirs = server.change(editing.rating, { score: 1, comment: "Theirs" });
  const conflict = conflictOf(await change(editing, { score: 5 }));
  expect(conflict).toMatchObject({ mine: { score: 5 }, theirs });
  // Until they have chosen, what is there is shown.
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
  expect(server.ratingOf(ada)).toEqual(theirs);
  expect((await conflict.keepMine()).kind).toBe("done");
  expect(server.ratingOf(ada)?.score).toBe(5);
  expect(page.shown()).toEqual(page.expected());
});

it("asks again when somebody is faster twice", async () => {
  const server = await RatingServer.start([[0, 4]]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  const once = server.change(editing.rating, { score: 1 });
  const first = conflictOf(await change(editing, { score: 5 }));
  const twice = server.change(once, { score: 2 });
  expect(conflictOf(await first.keepMine())).toMatchObject({ mine: { score: 5 }, theirs: twice });
});

it("says so when the rating has gone meanwhile", async () => {
  const server = await RatingServer.start([[0, 4]]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  server.ratings.clear();
  const outcome = await change(editing, { score: 5 });
  expect(outcome).toMatchObject({ kind: "failed", failure: { slug: "rating-not-found" } });
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
});

it("sends two changes of one rating in their order, the second on top of the first", async () => {
  const server = await RatingServer.start([[0, 4]]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  const { promise: hold, open } = gate();
  server.fates.push({ hold });
  const both = [change(editing, { score: 3 }), change(editing, { comment: "Later" })];
  await until(() => server.sent("PATCH").length === 1);
  expect(page.own()).toMatchObject({ score: 3, comment: "Later" });
  open();
  expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(["done", "done"]);
  expect(server.ratingOf(ada)).toMatchObject({ score: 3, comment: "Later" });
  expect(page.shown()).toEqual(page.expected());
});

it("keeps the second of two changes in flight when the first fails", async () => {
  const server = await RatingServer.start([[0, 4]]);
  const [ada] = whoseOf(server);
  const page = await pageOf(server, ada);
  const editing = await edit(known(page.own()));
  server.fates.push(refused);
  const both = [change(editing, { score: 3 }), change(editing, { comment: "Later" })];
  expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(["failed", "done"]);
  expect(server.ratingOf(ada)).toMatchObject({ score: 4, comment: "Later" });
  expect(page.shown()).toEqual(page.expected());
});

it("edits a rating that is not stored yet, when it is", async () => {
  const server = await RatingServer.start();
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  void rate({ ...whose, score: 3 });
  expect((await change(await edit(known(page.own())), { score: 4 })).kind).toBe("done");
  expect(server.ratingOf(ada)?.score).toBe(4);
  expect(page.shown()).toEqual(page.expected());
});
