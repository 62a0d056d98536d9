import { type Resource, resource } from "../../state/resource.ts";

/** Entries that are shown at first, and with each press for more. */
export const PAGE = 50;

/** Parts that one press asks for at most: the server may look at many entries, and find few that match. */
const ROUNDS = 10;

/** A list as far as it was read. */
export interface Listed<T> {
  items: T[];
  /** After which number more may be left; null at the end. */
  next: number | null;
}

export interface Listing<T> extends Resource<Listed<T>> {
  /** Reads on. */
  more(): void;
}

type ReadPart<T> = (
  part: { after: number; limit: number },
  signal: AbortSignal,
) => Promise<{ items: T[]; next: number | null }>;

/** A list that is read by pages. Read anew it begins with the first; what was read on fails is read on when tried again. */
export function listing<T>(read: ReadPart<T>): Listing<T> {
  let goesOn = false;
  const list = resource<Listed<T>>(async (signal, before) => {
    const shown = goesOn && before ? before.items : [];
    const more = await gather(read, goesOn ? (before?.next ?? 0) : 0, signal);
    goesOn = false;
    return { items: [...shown, ...more.items], next: more.next };
  });
  return {
    ...list,
    more: () => {
      goesOn = true;
      list.reload();
    },
  };
}

async function gather<T>(read: ReadPart<T>, from: number, signal: AbortSignal): Promise<Listed<T>> {
  const items: T[] = [];
  let next: number | null = from;
  for (let round = 0; round < ROUNDS && next !== null && items.length < PAGE; round += 1) {
    const part: Listed<T> = await read({ after: next, limit: PAGE - items.length }, signal);
    items.push(...part.items);
    next = part.next;
  }
  return { items, next };
}
