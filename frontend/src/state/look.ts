import { readTagged } from "../api/read.ts";
import type { Rating } from "../api/types.ts";
import { now, see } from "./ledger.ts";

/** A rating as it was when somebody began to edit it. */
export interface Editing {
  rating: Rating;
  tag: string | undefined;
}

/** A rating as it is now, and its tag. @throws ApiError */
export async function look(id: string): Promise<Editing> {
  const since = now();
  const { data, tag } = await readTagged("/ratings/{id}", { path: { id } });
  see(since, { ratings: [data] });
  return { rating: data, tag };
}

/** What the ids of ratings begin with that the server has not answered yet. */
export const UNSAVED = "unsaved ";

/** Whether the server has given the rating its id. */
export function isSaved({ id }: Rating): boolean {
  return !id.startsWith(UNSAVED);
}
