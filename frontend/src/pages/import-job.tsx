import type { JSX } from "preact";
import { Link } from "wouter-preact";

import { hasEnded, type Job } from "../api/jobs.ts";
import { type Import, importOf, isUnseen } from "../state/import.ts";
import { Copy } from "../ui/copy.tsx";
import { Heading } from "../ui/heading.tsx";
import { Trouble } from "../ui/trouble.tsx";
import { useResource } from "../ui/use-resource.ts";
import { ImportReportView } from "./import-report.tsx";
import { standing } from "./standing.ts";

/** One import as it goes on, and what came of it. The address is enough to come back to it. */
export function ImportJobPage({ id }: { id: string }): JSX.Element {
  const going = useResource(() => importOf(id), [id]);
  const job = going.job.value;
  const failure = going.failure.value;
  const ended = job !== undefined && hasEnded(job);
  return (
    <div class="stack">
      <Heading title="Import ratings" />
      {job !== undefined && !ended && <Going going={going} job={job} />}
      {job === undefined && failure === undefined && <p role="status">Loading…</p>}
      {ended && <Ended going={going} job={job} />}
      {failure !== undefined && !ended && (
        <Trouble
          heading="This import cannot be followed"
          failure={failure}
          onRetry={failure.status === 404 ? undefined : () => going.reload()}
        />
      )}
      {((ended && !awaitsReport(going, job)) || failure !== undefined) && (
        <p>
          <Link href="/import" className="button">
            Import another file
          </Link>
        </p>
      )}
    </div>
  );
}

function Going({ going, job }: { going: Import; job: Job }): JSX.Element {
  const percent = job.progress?.percent;
  const cancelling = going.cancelling.value;
  return (
    <section class="panel stack import-going" aria-label="Progress" aria-busy>
      <p role="status">{standing(job)}</p>
      <progress
        aria-label="Import progress"
        max={100}
        {...(percent === undefined ? {} : { value: percent })}
      />
      <div class="row">
        <button type="button" class="button" aria-disabled={cancelling} onClick={() => going.cancel()}>
          {cancelling ? "Cancelling…" : "Cancel import"}
        </button>
        <span class="soft small">It goes on when you leave this page.</span>
      </div>
    </section>
  );
}

function Ended({ going, job }: { going: Import; job: Job }): JSX.Element {
  const failure = going.failure.value;
  const report = going.report.value;
  const progress = job.progress?.text;
  if (job.state === "cancelled") {
    return (
      <div class="state">
        <h2>Import cancelled</h2>
        <p>What was imported stays{progress === undefined ? "." : `: ${progress}.`}</p>
      </div>
    );
  }
  if (report !== undefined) {
    return <ImportReportView report={report} />;
  }
  if (awaitsReport(going, job)) {
    return <p role="status">Fetching the report…</p>;
  }
  if (failure !== undefined && isUnseen(job, failure)) {
    return <Trouble heading="The report cannot be shown" failure={failure} onRetry={() => going.reload()} />;
  }
  return <Failed going={going} />;
}

/** Whether there is a report to come. What stands below it would move when it does. */
function awaitsReport({ report, failure }: Import, job: Job): boolean {
  const hasAnswer = job.state !== "cancelled" && job.response !== undefined;
  return hasAnswer && report.value === undefined && failure.value === undefined;
}

/** The header was wrong, or the service was; the reasons of the whole file stand with it. */
function Failed({ going }: { going: Import }): JSX.Element {
  const failure = going.failure.value;
  return (
    <div class="state failed" role="alert">
      <h2>Import failed</h2>
      <p>
        <strong>{failure?.title ?? "It could not be done"}.</strong> {failure?.detail}
      </p>
      <ul class="bullets">
        {failure?.fields.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      {failure?.requestId !== undefined && (
        <div class="row">
          <Copy label="Copy request id" text={failure.requestId} />
        </div>
      )}
    </div>
  );
}
