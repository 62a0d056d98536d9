import { expect, test } from "vitest";

import { failureOf } from "../../api/failure.ts";
import { empty, json, problem, serverThat, silence } from "../../testing/server.ts";
import { checkSession, session, signIn, signOut } from "./session.ts";

test("who is not signed in is asked to, without a word why", async () => {
  await serverThat(problem(401, "sign-in-needed"));
  await checkSession();
  expect(session.value).toEqual({ is: "out" });
});

test("a wrong token is told, and a right one lets in; who signs out is out", async () => {
  const { received } = await serverThat(
    problem(401, "wrong-token"),
    problem(429, "too-many-wrong-tokens", {}, { "retry-after": "30" }),
    empty(204),
    empty(204),
  );
  expect(failureOf(await signIn("x").catch((error: unknown) => error))).toMatchObject({
    slug: "wrong-token",
  });
  expect(failureOf(await signIn("x").catch((error: unknown) => error))).toMatchObject({ retryAfter: 30 });
  expect(session.value.is).toBe("out");
  await signIn("secret");
  expect(session.value.is).toBe("in");
  expect(received[2]).toMatchObject({ body: '{"token":"secret"}' });
  expect(received[2]?.headers).toMatchObject({ "content-type": "application/json" });
  await signOut();
  expect(session.value).toMatchObject({ is: "out", why: "You have signed out." });
  expect(received[3]).toMatchObject({ method: "DELETE" });
});

test("a proxy that cannot tell who is signed in does not lock anybody out", async () => {
  await serverThat(problem(503, "jetstream-unavailable"), json({}), silence);
  await checkSession();
  expect(session.value.is).toBe("in");
});
