import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { failureOf } from "../api/failure.ts";
import { read } from "../api/read.ts";
import type { User } from "../api/types.ts";
import { userNames } from "./names.ts";
import { recall, remember } from "./storage.ts";

const KEPT_AS = "uptake.user";

const current = signal<User | undefined>(kept());

/** Who rates with this browser. */
export const member: ReadonlySignal<User | undefined> = current;

// Who rates is in the list of ratings at once: the name is known, also without a connection.
effect(() => {
  if (current.value) userNames.learn([current.value]);
});

/** From now on this user rates, or nobody. */
export function switchTo(user: User | undefined): void {
  current.value = user && { id: user.id, name: user.name, createdAt: user.createdAt };
  remember(KEPT_AS, current.value && JSON.stringify(current.value));
}

// Another tab of this browser is the same person.
window.addEventListener("storage", ({ key }) => {
  if (key === KEPT_AS) current.value = kept();
});

/** Whether the kept user is there still, and under which name. Asked once, when the page begins. */
export async function checkMember(): Promise<void> {
  const before = current.peek();
  if (!before) return;
  let found: User | undefined;
  try {
    found = await read("/users/{id}", { path: { id: before.id } });
  } catch (error) {
    // Without an answer nothing is known.
    if (failureOf(error).slug !== "user-not-found") return;
  }
  if (current.peek() === before) switchTo(found);
}

function kept(): User | undefined {
  try {
    const user: unknown = JSON.parse(recall(KEPT_AS) ?? "null");
    return isUser(user) ? user : undefined;
  } catch {
    return undefined;
  }
}

function isUser(user: unknown): user is User {
  if (typeof user !== "object" || user === null) return false;
  const { id, name, createdAt } = user as Partial<User>;
  return [id, name, createdAt].every((member) => typeof member === "string");
}
