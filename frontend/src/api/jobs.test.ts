import type { ServerResponse } from "node:http";
import { afterEach, expect, it } from "vitest";
import { browser } from "../testing/browser.ts";
import { until } from "../testing/eventually.ts";
import { type Behaviour, drop, html, json, problem, serverThat } from "../testing/server.ts";
import { failureOf } from "./failure.ts";
import { cancel, follow, type Job, jobId, response } from "./jobs.ts";
import { limits } from "./limits.ts";

const before = { ...limits };
const signal = new AbortController().signal;

afterEach(() => {
  Object.assign(limits, before);
  browser.go(true);
  browser.show(true);
});

function job(state: Job["state"], percent?: number): Job {
  const progress = percent === undefined ? {} : { progress: { percent } };
  return { id: "7", state, run: 1, attempts: 1, created: "2026-11-21T12:00:00Z", ...progress };
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write("retry: 1000\n\n: hello\n\n");
}

function tell(response: ServerResponse, ...jobs: Job[]): void {
  for (const job of jobs) response.write(`event: state\nid: 1\ndata: ${JSON.stringify(job)}\n\n`);
}

/** Tells these states, and ends. */
function events(...jobs: Job[]): Behaviour {
  return (response) => {
    begin(response);
    tell(response, ...jobs);
    response.end();
  };
}

async function followed(): Promise<{ states: string[]; last: Job }> {
  const states: string[] = [];
  const last = await follow(
    "7",
    (news) => states.push(`${news.state} ${news.progress?.percent ?? ""}`.trim()),
    signal,
  );
  return { states, last };
}

it("tells each change until the job has ended", async () => {
  const { received } = await serverThat(
    events(job("accepted"), job("running"), job("running", 40), job("done")),
  );
  const { states, last } = await followed();
  expect(states).toEqual(["accepted", "running", "running 40", "done"]);
  expect(last.state).toBe("done");
  expect(received.length).toBe(1);
  expect(received[0]).toMatchObject({ method: "GET", url: "/api/-/jobs/7" });
  expect(received[0]?.headers.accept).toBe("text/event-stream");
});

it("closes the stream at the final event", async () => {
  const { received } = await serverThat((response) => {
    begin(response);
    tell(response, job("cancelled"));
  });
  expect((await followed()).last.state).toBe("cancelled");
  await received[0]?.closed;
});

it("reads events however they are cut", async () => {
  const text = `data: ${JSON.stringify({ ...job("running"), progress: { text: "Café ☕" } })}\r\n\r\ndata: ${JSON.stringify(job("done"))}\r\n\r\n`;
  await serverThat(async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    for (const octet of Buffer.from(text)) {
      response.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const texts: unknown[] = [];
  await follow("7", (news) => texts.push(news.progress?.text), signal);
  expect(texts).toEqual(["Café ☕", undefined]);
});

it("goes on behind a broken stream, a dead proxy and a 503, and tells nothing twice", async () => {
  const broken: Behaviour = (response) => {
    begin(response);
    tell(response, job("running", 10));
    setTimeout(() => response.socket?.destroy(), 10);
  };
  const away = problem(503, "job-store-unavailable", {}, { "retry-after": "0" });
  await serverThat(broken, drop, away, events(job("running", 10), job("done")));
  expect((await followed()).states).toEqual(["running 10", "done"]);
});

it("polls where no events come", async () => {
  const { received } = await serverThat(
    html(200),
    json(job("running", 5)),
    json(job("running", 5)),
    json(job("done")),
  );
  expect((await followed()).states).toEqual(["running 5", "done"]);
  expect(received.map(({ headers }) => headers.prefer)).toEqual([undefined, "wait=20", "wait=20", "wait=20"]);
});

it("polls where something between holds the events back", async () => {
  limits.firstEventMs = 300;
  const { received } = await serverThat(
    (response) => {
      begin(response);
    },
    json(job("done")),
  );
  expect((await followed()).states).toEqual(["done"]);
  expect(received.length).toBe(2);
});

it("connects anew when a stream falls silent", async () => {
  limits.silenceMs = 30;
  await serverThat(
    (response) => {
      begin(response);
      tell(response, job("running"));
    },
    events(job("done")),
  );
  expect((await followed()).states).toEqual(["running", "done"]);
});

it("says that there is no such job", async () => {
  const { received } = await serverThat(problem(404, "no-job"));
  expect(await followed().catch(failureOf)).toMatchObject({ slug: "no-job", title: "There is no such task" });
  expect(received.length).toBe(1);
});

it("gives up when there is no news for long", async () => {
  limits.followMs = 50;
  await serverThat(drop);
  expect(await followed().catch(failureOf)).toMatchObject({ kind: "offline" });
});

it("asks for nothing while the page is hidden", async () => {
  const { received } = await serverThat(events(job("running")), events(job("done")));
  browser.show(false);
  const following = followed();
  await until(() => received.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(received.length).toBe(1);
  browser.show(true);
  expect((await following).states).toEqual(["running", "done"]);
});

it("stops when nobody follows any more", async () => {
  const { received } = await serverThat((response) => {
    begin(response);
    tell(response, job("running"));
  });
  const controller = new AbortController();
  const following = follow("7", () => controller.abort(new Error("left")), controller.signal);
  await expect(following).rejects.toThrow("left");
  await received[0]?.closed;
});

it("cancels, and repeats that", async () => {
  const { received } = await serverThat(drop, json(job("cancelled")));
  expect((await cancel("7")).state).toBe("cancelled");
  expect(received[1]).toMatchObject({ method: "DELETE", url: "/api/-/jobs/7" });
});

it("tells the end of a job that cannot be cancelled any more", async () => {
  await serverThat(problem(409, "job-final"), json(job("done")));
  expect((await cancel("7")).state).toBe("done");
});

it("brings the answer of a job", async () => {
  const { received } = await serverThat(json({ lines: 3 }));
  expect(await response("7")).toEqual({ lines: 3 });
  expect(received[0]?.url).toBe("/api/-/jobs/7/response");
});

it("knows the id of a job by its location", () => {
  expect(jobId("/api/-/jobs/7")).toBe("7");
});
