import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { resource } from "../../state/resource.ts";
import { Copy } from "../../ui/copy.tsx";
import { Heading } from "../../ui/heading.tsx";
import { Loading } from "../../ui/loading.tsx";
import { useResource } from "../../ui/use-resource.ts";
import { cancelJob, hasEnded, type JobWithAnswer, readJob } from "../api/jobs.ts";
import { rhythm } from "../state/live.ts";
import { Age } from "../ui/age.tsx";
import { Ask } from "../ui/ask.tsx";
import { Body } from "../ui/body.tsx";
import { Details, Fields } from "../ui/details.tsx";
import { numberInWords, seeable } from "../ui/format.ts";
import { JobState, RequestLine } from "../ui/request-line.tsx";
import { TableSkeleton } from "../ui/table.tsx";

/** One job as it goes on, and what came of it. */
export function JobPage({ id }: { id: string }): JSX.Element {
  const job = useResource(() => resource((signal) => readJob(id, signal)), [id]);
  useEffect(() => {
    const timer = setInterval(() => {
      const known = job.data.peek();
      if (known !== undefined && !hasEnded(known) && !job.loading.peek() && !document.hidden) job.reload();
    }, rhythm.everyMs);
    return () => clearInterval(timer);
  }, [job]);
  return (
    <div class="stack">
      <Heading title={`Job ${id}`}>
        Job <span class="id">{seeable(id)}</span>
      </Heading>
      <Loading resource={job} what="This job" skeleton={<TableSkeleton rows={8} />}>
        {(known) => <Known job={known} onChange={() => job.reload()} />}
      </Loading>
    </div>
  );
}

function Known({ job, onChange }: { job: JobWithAnswer; onChange(): void }): JSX.Element {
  const [asks, setAsks] = useState(false);
  const { id, progress, answer } = job;
  return (
    <>
      <div class="row">
        {!hasEnded(job) && (
          <button type="button" class="button" onClick={() => setAsks(true)}>
            Cancel job
          </button>
        )}
        <Copy label="Copy job id" text={id} />
      </div>
      {progress !== undefined && (
        <section class="panel stack tight" aria-label="Progress">
          <progress aria-label="Progress" max={100} value={progress.percent ?? 0} />
          <p>
            {numberInWords(progress.percent ?? 0)} %{progress.text && `: ${seeable(progress.text)}`}
          </p>
        </section>
      )}
      <section class="panel" aria-label="Record">
        <Record job={job} />
      </section>
      {answer !== undefined && (
        <section class="panel stack" aria-label="Answer">
          <h2>Answer</h2>
          <Details
            of={[
              ["Status", answer.status],
              ["Made by the platform", answer.error && seeable(answer.error)],
            ]}
          />
          <h3>Fields</h3>
          <Fields label="Fields of the answer" fields={answer.fields} />
          <h3>Body</h3>
          <Body label="Body of the answer" base64={answer.body} file={`job-${id}.bin`} />
        </section>
      )}
      {asks && (
        <Ask
          title="Cancel this job?"
          text="Queued it never runs; running its handler is dropped where it is. What it has done stays done."
          verb="Cancel job"
          keep="Keep it"
          act={() => cancelJob(id)}
          onClose={(done) => {
            setAsks(false);
            if (done) onChange();
          }}
        />
      )}
    </>
  );
}

function Record({ job }: { job: JobWithAnswer }): JSX.Element {
  const { lastFailure } = job;
  const age = (time: string | undefined) => time && <Age time={time} />;
  return (
    <Details
      of={[
        ["State", <JobState key="state" state={job.state} />],
        ["Request", <RequestLine key="request" method={job.method} target={job.target} />],
        ["Created", age(job.created)],
        ["Started", age(job.started)],
        ["Finished", age(job.finished)],
        ["Next attempt", job.nextAttempt && new Date(job.nextAttempt).toLocaleTimeString("en-GB")],
        ["Run", job.run],
        ["Attempts", `${numberInWords(job.attempts)}${job.lost > 0 ? `, ${job.lost} of them lost` : ""}`],
        [
          "Last failure",
          lastFailure && (
            <>
              {[lastFailure.status === 0 ? "no answer" : lastFailure.status, lastFailure.error]
                .join(" ")
                .trim()}
              , <Age time={lastFailure.at} />
            </>
          ),
        ],
        ["Idempotency key", job.keyed ? "yes" : "no"],
        ["Request id", seeable(job.requestId)],
        ["Worker", job.worker],
        ["Stream", job.stream && `${job.stream}, sequence ${job.sequence ?? "–"}`],
      ]}
    />
  );
}
