import { ask, askPart, withQuery } from "./ask.ts";

/** Where a job may be in its life, and how people say it. */
export const JOB_STATES = [
  ["accepted", "Waiting"],
  ["running", "Running"],
  ["done", "Done"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["dead", "Dead"],
] as const;

/** What is known of a job. */
export interface JobRow {
  id: string;
  state: string;
  method: string;
  target: string;
  requestId: string;
  keyed: boolean;
  run: number;
  attempts: number;
  lost: number;
  stream?: string;
  sequence?: number;
  worker?: string;
  created: string;
  started?: string;
  finished?: string;
  nextAttempt?: string;
  progress?: { percent?: number; text?: string };
  lastFailure?: { status: number; error?: string; at: string };
}

export interface JobWithAnswer extends JobRow {
  answer?: {
    status: number;
    error?: string;
    fields: [name: string, value: string][];
    /** Base64. */
    body: string;
  };
}

export interface JobFilter {
  state: string;
  path: string;
}

/** A part of the jobs, those that changed longest ago first. @throws ApiError */
export async function readJobs(
  filter: JobFilter,
  part: { after: number; limit: number },
  signal: AbortSignal,
) {
  const path = withQuery("/jobs", { ...filter, ...part });
  const none: { jobs: JobRow[]; next: number | null } = { jobs: [], next: null };
  const { jobs, next } = await askPart(path, "no-jobs", none, signal);
  return { items: jobs, next };
}

const jobPath = (id: string) => `/jobs/${encodeURIComponent(id)}`;

/** @throws ApiError */
export const readJob = (id: string, signal: AbortSignal) => ask<JobWithAnswer>(jobPath(id), { signal });

/** @throws ApiError */
export const cancelJob = (id: string) => ask<JobRow>(`${jobPath(id)}/cancel`, { method: "POST" });

/** Whether nothing more will come, unless somebody redrives it. */
export const hasEnded = ({ state }: JobRow): boolean => state !== "accepted" && state !== "running";
