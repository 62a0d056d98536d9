import type { JSX } from "preact";

import { JOB_STATES } from "../api/jobs.ts";
import { seeable } from "./format.ts";

/** Method and target as they came. They are foreign: neither their length nor what they consist of moves anything. */
export function RequestLine({ method, target }: { method: string; target: string }): JSX.Element {
  if (method === "" && target === "") return <span class="soft">unreadable</span>;
  return (
    <span class="request-line" title={seeable(target)}>
      <b>{seeable(method)}</b> <bdi>{seeable(target)}</bdi>
    </span>
  );
}

const NAMES = new Map<string, string>(JOB_STATES);

/** Where a job is in its life. */
export function JobState({ state }: { state: string }): JSX.Element {
  return <span class={`job-state ${state}`}>{NAMES.get(state) ?? state}</span>;
}
