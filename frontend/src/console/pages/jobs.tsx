import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import { Choice } from "../../ui/field.tsx";
import { Heading } from "../../ui/heading.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { useResource } from "../../ui/use-resource.ts";
import { JOB_STATES, type JobRow, readJobs } from "../api/jobs.ts";
import { listing } from "../state/listing.ts";
import { overview } from "../state/live.ts";
import { Age } from "../ui/age.tsx";
import { counted, numberInWords, percentInWords } from "../ui/format.ts";
import { List } from "../ui/list.tsx";
import { JobState, RequestLine } from "../ui/request-line.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useFilter } from "../ui/use-filter.ts";

const STATES = [["", "All states"], ...JOB_STATES] as const;

/** Jobs by state and path, and one of them by its id. */
export function JobsPage(): JSX.Element {
  const [{ state, path }, filterBy] = useFilter(["state", "path"]);
  const list = useResource(
    () => listing((part, signal) => readJobs({ state, path }, part, signal)),
    [state, path],
  );
  const jobs = overview.value?.jobs;
  const isFiltered = state !== "" || path !== "";
  return (
    <div class="stack">
      <div class="page-head">
        <Heading title="Jobs" />
        <button type="button" class="button" onClick={() => list.reload()}>
          Refresh
        </button>
      </div>
      {/* It keeps its room before it is known. */}
      <p class="soft small one-line">
        {jobs &&
          `${numberInWords(jobs.waiting)} waiting, ${numberInWords(jobs.running)} running; ${counted(jobs.records, "record")} kept.`}
      </p>
      <div class="filters">
        <Choice
          label="State"
          value={state}
          options={STATES}
          onChange={(chosen) => filterBy({ state: chosen })}
        />
        <SearchField
          label="Path"
          hint="Such as /hello/jobs: this path, and all below it"
          value={path}
          onSearch={(typed) => filterBy({ path: typed })}
        />
        <ById />
      </div>
      <List
        listing={list}
        what="Jobs"
        noun="job"
        none={
          isFiltered ? "No job matches." : "There are no jobs. A client makes one with an Idempotency-Key."
        }
      >
        {(items) => <Table label="Jobs" columns={COLUMNS} rows={items} keyOf={({ id }) => id} />}
      </List>
    </div>
  );
}

/** Leads to the page of one job. */
function ById(): JSX.Element {
  const [, navigate] = useLocation();
  const [id, setId] = useState("");
  return (
    <SearchField
      label="Job id"
      hint="The whole id, then Enter"
      value={id}
      // Half an id is none: what is typed is not searched for until it is sent.
      isSent
      onSearch={(sent) => {
        setId(sent);
        if (sent !== "") navigate(`/jobs/${encodeURIComponent(sent)}`);
      }}
    />
  );
}

const COLUMNS: Column<JobRow>[] = [
  {
    head: "Request",
    cell: ({ id, method, target }) => (
      <Link href={`/jobs/${id}`} className="plain">
        <RequestLine method={method} target={target} />
      </Link>
    ),
  },
  { head: "State", cell: ({ state }) => <JobState state={state} /> },
  {
    head: "Progress",
    isFigure: true,
    cell: ({ progress }) =>
      progress?.percent === undefined ? <span class="soft">–</span> : percentInWords(progress.percent / 100),
  },
  {
    head: "Attempts",
    isFigure: true,
    cell: ({ attempts, run }) => `${numberInWords(attempts)}${run > 1 ? `, run ${run}` : ""}`,
  },
  { head: "Created", isFigure: true, cell: ({ created }) => <Age time={created} /> },
  { head: "Id", cell: ({ id }) => <span class="id soft">{id}</span> },
];
