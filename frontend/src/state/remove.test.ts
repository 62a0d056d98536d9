import { afterEach, beforeEach, expect, it } from "vitest";
import { limits } from "../api/limits.ts";
import { browser } from "../testing/browser.ts";
import { eventually, until } from "../testing/eventually.ts";
import { conflictOf, known, pageOf, texts, whoseOf } from "../testing/page.ts";
import { RatingServer } from "../testing/rating-server.ts";
import { drop, problem } from "../testing/server.ts";
import { pairOf } from "./ledger.ts";
import { dismiss, notices } from "./notices.ts";
import { askAbout } from "./perform.ts";
import { rate } from "./rate.ts";
import { flush, remove } from "./remove.ts";

const before = { ...limits };

beforeEach(() => {
  limits.undoMs = 30;
});
afterEach(() => {
  Object.assign(limits, before);
  for (const { id } of notices.value) dismiss(id);
});

async function start() {
  const server = await RatingServer.start([
    [0, 4],
    [1, 1],
  ]);
  const [ada, whose] = whoseOf(server);
  const page = await pageOf(server, ada);
  return { server, ada, whose, page };
}

it("hides a rating at once, and deletes it when it can no longer be undone", async () => {
  const { server, page } = await start();
  const { done } = remove(known(page.own()));
  expect(page.shown()).toMatchObject({
    own: undefined,
    scores: [1],
    service: { ratingCount: 1, averageScore: 1 },
  });
  expect(notices.value).toMatchObject([{ text: "Rating deleted", action: { label: "Undo" } }]);
  expect(server.sent("DELETE").length).toBe(0);
  expect((await done).kind).toBe("done");
  expect(server.sent("DELETE")[0]?.headers["if-match"]).toBeDefined();
  expect(server.ratings.size).toBe(1);
  expect(page.shown()).toEqual(page.expected());
  expect(texts()).toEqual([]);
});

it("is undone without a request", async () => {
  limits.undoMs = 20_000;
  const { server, page } = await start();
  const removal = remove(known(page.own()));
  notices.value[0]?.action?.run();
  expect((await removal.done).kind).toBe("undone");
  expect(page.shown()).toEqual(page.expected());
  expect(server.sent("DELETE").length).toBe(0);
  expect(texts()).toEqual([]);
});

it("is not undone when it is too late", async () => {
  const { page } = await start();
  const removal = remove(known(page.own()));
  expect((await removal.done).kind).toBe("done");
  removal.undo();
  expect(page.shown()).toEqual(page.expected());
});

it("is sent when the page goes", async () => {
  limits.undoMs = 20_000;
  const { server, page } = await start();
  const { done } = remove(known(page.own()));
  browser.window.dispatchEvent(new Event("pagehide"));
  expect((await done).kind).toBe("done");
  expect(server.ratings.size).toBe(1);
});

it("is sent before the same service is rated anew", async () => {
  limits.undoMs = 20_000;
  const { server, ada, whose, page } = await start();
  const removal = remove(known(page.own()));
  const outcome = await rate({ ...whose, score: 2.5 });
  expect(outcome.kind).toBe("done");
  expect((await removal.done).kind).toBe("done");
  expect(server.ratingOf(ada)?.score).toBe(2.5);
  expect(page.shown()).toEqual(page.expected());
});

it("has one effect when the answer is lost, and takes what is gone for deleted", async () => {
  const { server, page } = await start();
  server.fates.push({ lost: drop });
  const first = remove(known(page.own()));
  expect((await first.done).kind).toBe("done");
  expect(page.shown()).toEqual(page.expected());
});

it("takes what somebody else has deleted for deleted", async () => {
  const { server, ada, page } = await start();
  const { done } = remove(known(page.own()));
  server.ratings.delete(known(server.ratingOf(ada)).id);
  expect((await done).kind).toBe("done");
  expect(page.shown()).toEqual(page.expected());
});

it("shows the rating that somebody has put in the place of a deleted one", async () => {
  const { server, ada, page } = await start();
  const { done } = remove(known(page.own()));
  server.ratings.delete(known(server.ratingOf(ada)).id);
  server.add({ userId: ada.id, score: 2 });
  expect(await done).toMatchObject({ kind: "done", rating: { score: 2 } });
  expect(page.shown()).toEqual(page.expected());
});

it("shows a rating again that could not be deleted", async () => {
  const { server, page } = await start();
  server.fates.push({ instead: problem(500, "internal") });
  expect((await remove(known(page.own())).done).kind).toBe("failed");
  expect(page.shown()).toEqual(page.expected());
  expect(texts()).toEqual(["The rating was not deleted"]);
  notices.value[0]?.action?.run();
  await until(() => server.ratings.size === 1);
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
});

it("asks where somebody has changed the rating meanwhile", async () => {
  limits.undoMs = 20_000;
  const { server, ada, page } = await start();
  const rating = known(page.own());
  const removal = remove(rating);
  await until(() => server.sent("GET", "/ratings/").length === 1);
  await server.sent("GET", "/ratings/")[0]?.closed;
  const theirs = server.change(known(server.ratingOf(ada)), { score: 5 });
  flush(pairOf(rating));
  const conflict = conflictOf(await removal.done);
  expect(conflict).toMatchObject({ mine: undefined, theirs });
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
  expect((await conflict.keepMine()).kind).toBe("done");
  expect(server.ratingOf(ada)).toBeUndefined();
  expect(page.shown()).toEqual(page.expected());
});

it("asks on whatever page people are by then", async () => {
  const { server, ada, page } = await start();
  const { done } = remove(known(page.own()));
  server.fates.push({ instead: problem(412, "precondition-failed") });
  askAbout(conflictOf(await done));
  expect(texts()).toEqual(["This rating has changed meanwhile, and was not deleted"]);
  notices.value[0]?.action?.run();
  await until(() => server.ratingOf(ada) === undefined);
  await eventually(() => expect(page.shown()).toEqual(page.expected()));
});
