import { type ReadonlySignal, signal } from "@preact/signals";
import type { Failure } from "../api/failure.ts";

/** Something that a person is told besides what the page shows. */
export interface Notice {
  id: number;
  tone: "success" | "error" | "info";
  text: string;
  failure?: Failure;
  action?: { label: string; run: () => void };
  /** In ms; without it, it stays until it is dismissed. */
  lasts?: number;
}

/** The most notices at a time; the oldest give way. */
const MOST = 5;

/** How long a notice lasts that needs no answer, in ms. */
const LASTS_MS = 5_000;

const all = signal<Notice[]>([]);
let lastId = 0;

/** The oldest first. */
export const notices: ReadonlySignal<Notice[]> = all;

/** Shows a notice, and returns its id. Errors stay until they are dismissed, others for five seconds unless told. */
export function notify(notice: Omit<Notice, "id">): number {
  lastId += 1;
  const id = lastId;
  const lasts = notice.lasts ?? (notice.tone === "error" ? undefined : LASTS_MS);
  all.value = [...all.value, { ...notice, id, ...(lasts !== undefined && { lasts }) }].slice(-MOST);
  if (lasts !== undefined) setTimeout(() => dismiss(id), lasts);
  return id;
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  all.value = all.value.filter((notice) => notice.id !== id);
}
