import { beforeEach, expect, it, vi } from "vitest";
import { browser } from "../testing/browser.ts";
import { empty, json, problem, serverThat } from "../testing/server.ts";

const ada = { id: "1", name: "Ada", createdAt: "2026-11-01T12:00:00Z" };

beforeEach(() => {
  browser.localStorage.values.clear();
  browser.localStorage.isForbidden = false;
  vi.resetModules();
});

/** The page, opened anew. */
const open = () => import("./member.ts");
const keep = (value: string) => browser.localStorage.values.set("uptake.user", value);

it("remembers who rates", async () => {
  (await open()).switchTo(ada);
  vi.resetModules();
  expect((await open()).member.value).toEqual(ada);
});

it("forgets who rates", async () => {
  const { member, switchTo } = await open();
  switchTo(ada);
  switchTo(undefined);
  expect(member.value).toBeUndefined();
  expect(browser.localStorage.values.size).toBe(0);
});

it("works where nothing can be kept", async () => {
  browser.localStorage.isForbidden = true;
  const { member, switchTo } = await open();
  switchTo(ada);
  expect(member.value).toEqual(ada);
});

it.each(["", "{", "null", "[]", '{"id":1}', '{"id":"1","name":"Ada"}'])(
  "takes %j for nobody",
  async (kept) => {
    keep(kept);
    expect((await open()).member.value).toBeUndefined();
  },
);

it("learns that the user has another name", async () => {
  keep(JSON.stringify(ada));
  await serverThat(json({ ...ada, name: "Ada L." }));
  const { member, checkMember } = await open();
  await checkMember();
  expect(member.value?.name).toBe("Ada L.");
});

it("forgets a user who is not there any more", async () => {
  keep(JSON.stringify(ada));
  await serverThat(problem(404, "user-not-found"));
  const { member, checkMember } = await open();
  await checkMember();
  expect(member.value).toBeUndefined();
});

it.each([problem(404, "no-route"), empty(500)])("keeps the user when nobody knows", async (behaviour) => {
  keep(JSON.stringify(ada));
  await serverThat(behaviour);
  const { member, checkMember } = await open();
  await checkMember();
  expect(member.value).toEqual(ada);
});

it("follows another tab", async () => {
  const { member } = await open();
  keep(JSON.stringify(ada));
  browser.window.dispatchEvent(Object.assign(new Event("storage"), { key: "uptake.user" }));
  expect(member.value).toEqual(ada);
});
