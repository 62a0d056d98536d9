import { afterEach, expect, it } from "vitest";
import { until } from "../testing/eventually.ts";
import { drop, json, problem, serverThat } from "../testing/server.ts";
import { userNames } from "./names.ts";
import { dismiss, notices } from "./notices.ts";
import { createUser, users } from "./users.ts";

const user = (id: string, name: string) => ({ id, name, createdAt: "2026-11-01T12:00:00Z" });
const none = json({ items: [], nextCursor: null });
const texts = () => notices.value.map(({ text }) => text);

afterEach(() => {
  for (const { id } of notices.value) dismiss(id);
});

it("shows a new user at once, and as the server knows it when it is stored", async () => {
  await serverThat(none, json(user("u1", "Zoë"), 201));
  const list = users({ name: "zo" });
  await until(() => list.data.value);
  const adding = createUser(" Zoë ");
  expect(list.data.value?.items).toMatchObject([{ name: "Zoë", pending: true }]);
  expect(await adding).toBeUndefined();
  expect(list.data.value?.items).toMatchObject([{ id: "u1", name: "Zoë", pending: false }]);
  expect(texts()).toEqual(["Zoë was added"]);
  expect(userNames.of("u1")).toBe("Zoë");
});

it("shows a new user once when the list has it, too", async () => {
  const yan = user("u2", "Yan");
  await serverThat(none, json(yan, 201), json({ items: [yan], nextCursor: null }));
  const list = users({ name: "yan" });
  await until(() => list.data.value);
  await createUser("Yan");
  list.reload();
  await until(() => !list.loading.value);
  expect(list.data.value?.items.length).toBe(1);
});

it("takes a user back who could not be added", async () => {
  await serverThat(none, problem(500, "internal"));
  const list = users({ name: "xi" });
  await until(() => list.data.value);
  expect(await createUser("Xi")).toMatchObject({ slug: "internal" });
  expect(list.data.value?.items).toEqual([]);
  expect(notices.value).toMatchObject([
    { tone: "error", text: "Xi was not added", action: { label: "Try again" } },
  ]);
});

it("leaves a fault of the name to the form", async () => {
  await serverThat(problem(422, "invalid-body", { errors: [{ pointer: "/name", detail: "is too long" }] }));
  expect(await createUser("W")).toMatchObject({ fields: [{ name: "name", text: "is too long" }] });
  expect(notices.value).toEqual([]);
});

it("asks for all names of a page at once, and for each once", async () => {
  const { received } = await serverThat(
    json({ items: [user("a", "Ada"), user("b", "Bo")], nextCursor: null }),
  );
  const look = () => ["a", "b", "gone"].map((id) => userNames.of(id));
  expect(look()).toEqual([undefined, undefined, undefined]);
  await until(() => look()[1]);
  expect(look()).toEqual(["Ada", "Bo", undefined]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(received.map(({ url }) => url)).toEqual(["/api/users?ids=a%2Cb%2Cgone&limit=100"]);
});

it("asks for a name again when it is shown again after a failure", async () => {
  const { received } = await serverThat(
    ...Array(4).fill(drop),
    json({ items: [user("c", "Cy")], nextCursor: null }),
  );
  userNames.of("c");
  await until(() => {
    userNames.of("c");
    return received.length === 5;
  });
  await until(() => userNames.of("c") === "Cy");
});
