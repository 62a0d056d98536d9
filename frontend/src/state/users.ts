import { computed, signal } from "@preact/signals";
import { type Failure, failureOf } from "../api/failure.ts";
import { read } from "../api/read.ts";
import type { Page, User } from "../api/types.ts";
import { newKey, write } from "../api/write.ts";
import { userNames } from "./names.ts";
import { notify } from "./notices.ts";
import { type Resource, resource } from "./resource.ts";

/** How many users a page has. */
export const USERS_A_PAGE = 24;

/** What a list of users shows. */
export interface UserQuery {
  name?: string | undefined;
  sort?: "name" | "-name" | "createdAt" | "-createdAt" | undefined;
  cursor?: string | undefined;
}

/** A user as people see it; `pending` is one that the server has not answered yet, and who cannot rate so far. */
export interface UserRow extends User {
  pending: boolean;
}

/** Users of this page, the newest first: on their way, or added since the lists were loaded. */
const added = signal<UserRow[]>([]);

/** The most of them that are kept. */
const MOST_ADDED = 50;

/** One page of users; those that this page adds come first on the first page. */
export function users(query: UserQuery): Resource<Page<UserRow>> {
  const list = resource(
    async (signal): Promise<Page<User>> => {
      const page = await read("/users", { query: { ...query, limit: USERS_A_PAGE } }, signal);
      userNames.learn(page.items);
      return page;
    },
    `users ${JSON.stringify(query)}`,
  );
  const data = computed(() => {
    const page = list.data.value;
    if (!page) return undefined;
    const start = query.name?.toLowerCase() ?? "";
    const ids = new Set(page.items.map(({ id }) => id));
    const isNew = ({ id, name }: UserRow) => !ids.has(id) && name.toLowerCase().startsWith(start);
    const first = query.cursor ? [] : added.value.filter(isNew);
    return { ...page, items: [...first, ...page.items.map((user) => ({ ...user, pending: false }))] };
  });
  return { ...list, data };
}

/** A user by itself. */
export function user(id: string): Resource<User> {
  return resource(async (signal) => {
    const found = await read("/users/{id}", { path: { id } }, signal);
    userNames.learn([found]);
    return found;
  }, `user ${id}`);
}

/**
 * Adds a user, who is in the lists at once. Returns why it failed, if it did: people are told then, unless it is a fault
 * of the name, which is for the form to tell.
 */
export async function createUser(name: string, key = newKey()): Promise<Failure | undefined> {
  const row: UserRow = {
    id: `unsaved ${key}`,
    name: name.trim(),
    createdAt: new Date().toISOString(),
    pending: true,
  };
  added.value = [row, ...added.value].slice(0, MOST_ADDED);
  const replace = (rows: UserRow[]) => {
    added.value = added.value.flatMap((other) => (other === row ? rows : [other]));
  };
  try {
    const { data } = await write("post", "/users", { body: { name }, key });
    userNames.learn([data]);
    replace([{ ...data, pending: false }]);
    notify({ tone: "success", text: `${data.name} was added` });
    return undefined;
  } catch (error) {
    replace([]);
    const failure = failureOf(error);
    if (failure.fields.length === 0) {
      const isUnclear = failure.outcome === "unknown";
      const run = () => void createUser(name, failure.keySpent ? newKey() : key);
      notify({
        tone: "error",
        text: isUnclear ? `It is unclear whether ${row.name} was added` : `${row.name} was not added`,
        failure,
        action: { label: "Try again", run },
      });
    }
    return failure;
  }
}
