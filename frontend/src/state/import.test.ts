import { expect, it } from "vitest";
import type { Job } from "../api/jobs.ts";
import { until } from "../testing/eventually.ts";
import { texts } from "../testing/page.ts";
import { type Behaviour, drop, json, problem, serverThat } from "../testing/server.ts";
import { importOf, isUnseen, start } from "./import.ts";

function job(state: Job["state"], percent?: number): Job {
  const response = state === "done" ? { response: "/api/-/jobs/7/response" } : {};
  const progress = percent === undefined ? {} : { progress: { percent } };
  return { id: "7", state, run: 1, attempts: 1, created: "2026-11-21T12:00:00Z", ...progress, ...response };
}

/** Tells these states, and more when `then` settles. */
function events(jobs: Job[], then: Promise<Job[]> = Promise.resolve([])): Behaviour {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const tell = (jobs: Job[]) => jobs.map((job) => response.write(`data: ${JSON.stringify(job)}\n\n`));
    tell(jobs);
    tell(await then);
    response.end();
  };
}

it("sends the file as it is, and once though the answer is lost", async () => {
  const accepted = json(job("accepted"), 202, { location: "/api/-/jobs/7" });
  const { received } = await serverThat(drop, accepted);
  expect(await start('service,user,score\n"Café",Ada,4\n')).toBe("7");
  expect(received[1]).toMatchObject({
    url: "/api/ratings/import",
    body: 'service,user,score\n"Café",Ada,4\n',
  });
  expect(received[1]?.headers).toMatchObject({
    prefer: "respond-async",
    "content-type": "text/csv; charset=utf-8",
  });
  expect(received[0]?.headers["idempotency-key"]).toBe(received[1]?.headers["idempotency-key"]);
});

it("has the report when the import had ended before it was known to have begun", async () => {
  const report = { lines: 1, added: 1 };
  const { received } = await serverThat(drop, json(report, 200, { "idempotency-replayed": "true" }));
  const going = importOf(await start("service,user,score\nCafé,Ada,4\n"));
  expect(going.report.value).toEqual(report);
  expect(going.job.value?.state).toBe("done");
  expect(received.length).toBe(2);
});

it("tells progress, and what came of it", async () => {
  const report = { lines: 3, added: 3 };
  await serverThat(events([job("running", 40), job("done", 100)]), json(report));
  const going = importOf("7");
  await until(() => going.report.value);
  expect(going.report.value).toEqual(report);
  expect(going.job.value?.state).toBe("done");
});

it("tells why a file was refused as a whole", async () => {
  await serverThat(events([job("done")]), problem(422, "invalid-csv", { detail: "no header", line: 1 }));
  const going = importOf("7");
  await until(() => going.failure.value);
  expect(going.failure.value?.detail).toBe("Line 1: no header.");
  expect(going.report.value).toBeUndefined();
});

it("is cancelled, and asks for no answer then", async () => {
  let cancelled: (jobs: Job[]) => void = () => {};
  const then = new Promise<Job[]>((resolve) => {
    cancelled = resolve;
  });
  const { received } = await serverThat(events([job("running", 40)], then), (response, request) => {
    cancelled([job("cancelled", 60)]);
    return json(job("cancelled", 60))(response, request);
  });
  const going = importOf("7");
  await until(() => going.job.value);
  going.cancel();
  expect(going.cancelling.value).toBe(true);
  await until(() => going.job.value?.state === "cancelled" && !going.cancelling.value);
  expect(going.job.value?.progress?.percent).toBe(60);
  expect(received.map(({ method }) => method)).toEqual(["GET", "DELETE"]);
});

it("goes on, and is followed, where it could not be cancelled", async () => {
  let end: (jobs: Job[]) => void = () => {};
  const then = new Promise<Job[]>((resolve) => {
    end = resolve;
  });
  const report = { lines: 3, added: 3 };
  await serverThat(events([job("running", 40)], then), problem(403, "forbidden"), json(report));
  const going = importOf("7");
  await until(() => going.job.value);
  going.cancel();
  going.cancel();
  await until(() => texts().includes("The import could not be cancelled"));
  expect(going.failure.value).toBeUndefined();
  end([job("done", 100)]);
  await until(() => going.report.value);
});

it("tells a report that cannot be had from an import that has failed", async () => {
  await serverThat(events([job("done")]), problem(422, "invalid-csv"));
  const refused = importOf("7");
  await until(() => refused.failure.value);
  await serverThat(events([job("done")]), drop);
  const unseen = importOf("7");
  await until(() => unseen.failure.value);
  const isUnseenNow = ({ failure: { value } }: typeof refused) => value && isUnseen(job("done"), value);
  expect([refused, unseen].map(isUnseenNow)).toEqual([false, true]);
});

it("can be followed anew after a failure", async () => {
  await serverThat(problem(404, "no-job"), events([job("cancelled")]));
  const going = importOf("7");
  await until(() => going.failure.value);
  going.reload();
  await until(() => going.job.value?.state === "cancelled");
  expect(going.failure.value).toBeUndefined();
});

it("is left alone when nobody looks any more", async () => {
  const { received } = await serverThat(events([job("running")], new Promise(() => {})));
  const going = importOf("7");
  await until(() => going.job.value);
  going.dispose();
  await received[0]?.closed;
  expect(going.failure.value).toBeUndefined();
});
