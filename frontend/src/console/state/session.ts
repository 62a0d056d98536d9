import { type ReadonlySignal, signal } from "@preact/signals";
import { failureOf } from "../../api/failure.ts";
import { ask, onRefusal } from "../api/ask.ts";

/** Whether somebody is signed in; and if not, why, in words. */
export type Session = { is: "unknown" } | { is: "in" } | { is: "out"; why?: string };

const state = signal<Session>({ is: "unknown" });

export const session: ReadonlySignal<Session> = state;

onRefusal(() => {
  const wasIn = state.peek().is === "in";
  state.value = wasIn ? { is: "out", why: "Your sign-in has ended. Sign in again to go on." } : { is: "out" };
});

/** Asks who is signed in. Without an answer the pages are shown all the same: they say what is wrong. */
export async function checkSession(): Promise<void> {
  try {
    await ask("/session");
    state.value = { is: "in" };
  } catch (error) {
    if (failureOf(error).status !== 401) state.value = { is: "in" };
  }
}

/** @throws ApiError also when the token is wrong. */
export async function signIn(token: string): Promise<void> {
  await ask("/session", { method: "POST", body: { token } });
  state.value = { is: "in" };
}

/** Forgets who is signed in, here and at the proxy. @throws ApiError when the proxy does not answer: then one still is. */
export async function signOut(): Promise<void> {
  try {
    await ask("/session", { method: "DELETE" });
  } catch (error) {
    if (failureOf(error).status !== 401) throw error;
  }
  state.value = { is: "out", why: "You have signed out." };
}
