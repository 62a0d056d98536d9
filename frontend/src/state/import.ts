import { type ReadonlySignal, signal } from "@preact/signals";
import { type Failure, failureOf } from "../api/failure.ts";
import { cancel, follow, type Job, jobId, response } from "../api/jobs.ts";
import type { ImportReport } from "../api/types.ts";
import { newKey, write } from "../api/write.ts";
import { notify } from "./notices.ts";

/** The largest file, in octets: what the service takes as a body. */
export const MOST_OCTETS = 448 * 1024;

export type { ImportReport };

/** An import as it goes on. */
export interface Import {
  job: ReadonlySignal<Job | undefined>;
  /** Once it has ended well. */
  report: ReadonlySignal<ImportReport | undefined>;
  /** That it cannot be followed, or what its answer was when it failed. */
  failure: ReadonlySignal<Failure | undefined>;
  cancelling: ReadonlySignal<boolean>;
  cancel(): void;
  /** Follows it anew after a failure. */
  reload(): void;
  dispose(): void;
}

/** Sends a CSV file, and returns the id of the job that imports it. The same key imports it once. @throws ApiError */
export async function start(csv: string, key = newKey(), signal?: AbortSignal): Promise<string> {
  const sent = { body: csv, key, prefer: "respond-async" as const, ...(signal && { signal }) };
  const { data, location } = await write("post", "/ratings/import", sent);
  if (location) return jobId(location);
  answered.set(key, data);
  return key;
}

/**
 * The reports of imports that came in place of their jobs: what told of the job was lost, and it had ended when the
 * request was repeated. They go by their keys, and with the page.
 */
const answered = new Map<string, ImportReport>();

/** Follows an import by the id of its job. */
export function importOf(id: string): Import {
  const job = signal<Job | undefined>(undefined);
  const report = signal<ImportReport | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const cancelling = signal(false);
  let controller = new AbortController();

  const see = (news: Job) => {
    job.value = news;
  };
  const run = async () => {
    const mine = controller.signal;
    try {
      failure.value = undefined;
      report.value = answered.get(id);
      if (report.value) return see(endedJob(id));
      const last = await follow(id, see, mine);
      // The answer of a failed import is its failure, which is thrown.
      if (last.response && last.state !== "cancelled") report.value = await response<ImportReport>(id, mine);
    } catch (error) {
      if (!mine.aborted) failure.value = failureOf(error);
    }
  };
  const reload = () => {
    controller.abort();
    controller = new AbortController();
    void run();
  };
  const stop = async () => {
    if (cancelling.value) return;
    cancelling.value = true;
    try {
      see(await cancel(id));
    } catch (error) {
      // It goes on, and is still followed: that is no failure of the import.
      notify({ tone: "error", text: "The import could not be cancelled", failure: failureOf(error) });
    }
    cancelling.value = false;
  };
  void run();
  return {
    job,
    report,
    failure,
    cancelling,
    cancel: () => void stop(),
    reload,
    dispose: () => controller.abort(),
  };
}

/** Whether a failure only keeps the report away: what an import that is done was answered is none of the server's own. */
export function isUnseen(job: Job, { status }: Failure): boolean {
  return status === 0 || (job.state === "done" && (status === 429 || status >= 500));
}

function endedJob(id: string): Job {
  return { id, state: "done", run: 1, attempts: 1, created: new Date().toISOString() };
}
