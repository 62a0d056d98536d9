import { type ReadonlySignal, signal } from "@preact/signals";
import { type Failure, failureOf } from "../api/failure.ts";
import { cancel, follow, type Job, jobId, response } from "../api/jobs.ts";
import { urlOf } from "../api/url.ts";
import { newKey, persist } from "../api/write.ts";

/** The largest file, in octets: what the service takes as a body. */
export const MOST_OCTETS = 448 * 1024;

/** What became of the lines of a file. */
export interface ImportReport {
  lines: number;
  added: number;
  changed: number;
  unchanged: number;
  refused: number;
  /** `line` is where the record begins in the file; the header is line 1. */
  refusals: { line: number; text: string; reasons: string[] }[];
  refusalsNotShown: number;
}

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
  const headers = {
    "content-type": "text/csv; charset=utf-8",
    prefer: "respond-async",
    "idempotency-key": `"${key}"`,
  };
  const answer = await persist(urlOf("/ratings/import"), {
    method: "POST",
    headers,
    body: csv,
    ...(signal && { signal }),
  });
  return jobId(answer.headers.get("location") ?? "");
}

/** Follows an import by the id of its job. */
export function importOf(id: string): Import {
  const job = signal<Job | undefined>(undefined);
  const report = signal<ImportReport | undefined>(undefined);
  const failure = signal<Failure | undefined>(undefined);
  const cancelling = signal(false);
  let controller = new AbortController();

  const attempt = async (work: (signal: AbortSignal) => Promise<void>) => {
    const mine = controller.signal;
    try {
      await work(mine);
    } catch (error) {
      if (!mine.aborted) failure.value = failureOf(error);
    }
  };
  const see = (news: Job) => {
    job.value = news;
  };
  const run = () =>
    attempt(async (mine) => {
      failure.value = undefined;
      const last = await follow(id, see, mine);
      // The answer of a failed import is its failure, which is thrown.
      if (last.response && last.state !== "cancelled") report.value = await response<ImportReport>(id, mine);
    });
  const reload = () => {
    controller.abort();
    controller = new AbortController();
    void run();
  };
  const stop = async () => {
    cancelling.value = true;
    await attempt(async () => see(await cancel(id)));
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
