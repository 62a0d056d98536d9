import { expect, it } from "vitest";
import { read } from "../api/read.ts";
import { newKey, write } from "../api/write.ts";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import { conflictOf, known } from "../testing/page.ts";
import { importOf, start } from "./import.ts";
import { pairOf } from "./ledger.ts";
import { userNames } from "./names.ts";
import { change, edit, rate } from "./rate.ts";
import { ownRating, ratingsOf } from "./ratings.ts";
import { flush, remove } from "./remove.ts";
import { createService, service, services } from "./services.ts";

/** Where a platform runs whose data may be written to; without it these tests are left out. */
const platform = process.env.UPTAKE_TEST_URL;
if (platform) browser.origin = platform;

async function newUser(name: string) {
  return (await write("post", "/users", { body: { name }, key: newKey() })).data;
}

it.runIf(platform)("rates, changes and deletes through the real chain", async () => {
  const [place, user, other] = await Promise.all([
    createService({ name: "Chain" }),
    newUser("Ada"),
    newUser("Bo"),
  ]);
  await rate({ service: place, user: other, score: 1 });
  const [one, own, list] = [
    service(place.id),
    ownRating(place.id, user.id),
    ratingsOf({ serviceId: place.id }),
  ];
  await until(() => one.data.value && own.data.value && list.data.value);
  expect((await rate({ service: place, user, score: 4.5, comment: "Good." })).kind).toBe("done");
  const editing = await edit(known(own.data.value?.rating));
  expect((await change(editing, { score: 3, comment: null })).kind).toBe("done");
  // The page has counted; the service agrees to the last bit.
  expect(one.data.value).toEqual(await read("/services/{id}", { path: { id: place.id } }));
  expect(list.data.value?.items.map(({ score, pending }) => [score, pending])).toEqual([
    [3, false],
    [1, false],
  ]);
  await write("patch", "/ratings/{id}", {
    path: { id: editing.rating.id },
    body: { score: 0 },
    key: newKey(),
  });
  const conflict = conflictOf(await change(editing, { score: 5 }));
  expect(conflict.theirs.score).toBe(0);
  expect((await conflict.keepMine()).kind).toBe("done");
  const removal = remove(known(own.data.value?.rating));
  flush(pairOf(editing.rating));
  expect((await removal.done).kind).toBe("done");
  expect(one.data.value).toEqual(await read("/services/{id}", { path: { id: place.id } }));
});

it.runIf(platform)("offers the rating that is in the way", async () => {
  const [place, user] = await Promise.all([createService({ name: "Chain" }), newUser("Ada")]);
  await write("post", "/ratings", {
    body: { serviceId: place.id, userId: user.id, score: 2 },
    key: newKey(),
  });
  const conflict = conflictOf(await rate({ service: place, user, score: 5 }));
  expect(conflict.theirs.score).toBe(2);
});

it.runIf(platform)("lists with distributions, and finds names by ids", async () => {
  const list = services({ sort: "-averageScore" });
  await until(() => list.data.value);
  expect(list.data.value?.items[0]?.distribution?.length).toBe(11);
  const users = await Promise.all([newUser("Ada"), newUser("Bo")]);
  userNames.of(users[0].id);
  await until(() => users.every(({ id }) => userNames.of(id)));
  expect(users.map(({ id }) => userNames.of(id))).toEqual(["Ada", "Bo"]);
});

it.runIf(platform)("imports, follows and reports", async () => {
  const [place, user] = await Promise.all([createService({ name: "Chain" }), newUser("Ada")]);
  const csv = `service,user,score,comment\n${place.id},${user.id},4,\n${place.id},nobody at all,4,x\n`;
  const going = importOf(await start(csv));
  await until(() => going.report.value ?? going.failure.value);
  expect(going.job.value?.state).toBe("done");
  expect(going.report.value).toMatchObject({ lines: 2, added: 1, refused: 1, refusals: [{ line: 3 }] });
});
