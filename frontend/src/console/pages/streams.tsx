import type { JSX } from "preact";

import { Empty } from "../../ui/empty.tsx";
import { Heading } from "../../ui/heading.tsx";
import { sizeInWords } from "../../ui/size.ts";
import type { ConsumerRow, StreamRow } from "../api/overview.ts";
import { overview, seenStreams } from "../state/live.ts";
import { NEARLY_FULL } from "../state/troubles.ts";
import { Age } from "../ui/age.tsx";
import { Bar } from "../ui/bar.tsx";
import { durationInWords, numberInWords } from "../ui/format.ts";
import { type Column, Table } from "../ui/table.tsx";
import { Unknown } from "../ui/unknown.tsx";

const KINDS = new Map([
  ["call", "calls"],
  ["job", "jobs"],
  ["deadLetters", "dead letters"],
  ["records", "records of jobs"],
  ["other", "other"],
]);

interface Row {
  stream: StreamRow;
  isGone: boolean;
}

/** All streams with their consumers, and how full they are. One that vanishes stays, and is said to be gone. */
export function StreamsPage(): JSX.Element {
  const now = overview.value;
  const rows = [...seenStreams.value.values()]
    .map((stream) => ({ stream, isGone: !now?.streams.some(({ name }) => name === stream.name) }))
    .sort((one, other) => one.stream.name.localeCompare(other.stream.name));
  return (
    <div class="stack">
      <Heading title="Streams" />
      {now === undefined ? (
        <Unknown what="Streams" />
      ) : rows.length === 0 ? (
        <Empty text="There are no streams yet. A worker makes those of its service when it starts." />
      ) : (
        <>
          <Account now={now} />
          <Table
            label="Streams"
            columns={STREAMS}
            rows={rows}
            keyOf={({ stream }) => stream.name}
            isMarked={({ stream, isGone }) => isGone || stream.fullness >= NEARLY_FULL}
          />
          <h2>Consumers</h2>
          <Consumers rows={rows} />
        </>
      )}
    </div>
  );
}

function Account({ now }: { now: NonNullable<typeof overview.value> }): JSX.Element {
  const { server, account } = now;
  return (
    <p class="soft small">
      nats-server {server.version} <bdi class="id">{server.name}</bdi>.{" "}
      {account !== null && (
        <>
          Storage: {sizeInWords(account.storage)}
          {account.maxStorage === null ? ", no limit" : ` of ${sizeInWords(account.maxStorage)}`}. Memory:{" "}
          {sizeInWords(account.memory)}
          {account.maxMemory === null ? ", no limit" : ` of ${sizeInWords(account.maxMemory)}`}.
        </>
      )}
    </p>
  );
}

const GONE = <strong class="bad">gone</strong>;

const STREAMS: Column<Row>[] = [
  {
    head: "Stream",
    cell: ({ stream, isGone }) => (
      <>
        <bdi class="id" title={stream.subjects.join(", ")}>
          {stream.name}
        </bdi>{" "}
        {isGone && GONE}
      </>
    ),
  },
  { head: "Kind", cell: ({ stream }) => KINDS.get(stream.kind) ?? stream.kind },
  {
    head: "Messages",
    isFigure: true,
    cell: ({ stream }) => <Bar value={stream.messages} most={stream.maxMessages} />,
  },
  {
    head: "Octets",
    isFigure: true,
    cell: ({ stream }) => <Bar value={stream.bytes} most={stream.maxBytes} inWords={sizeInWords} />,
  },
  {
    head: "Oldest",
    isFigure: true,
    cell: ({ stream: { oldest } }) => (oldest === null ? <span class="soft">–</span> : <Age time={oldest} />),
  },
  {
    head: "Kept for",
    isFigure: true,
    cell: ({ stream: { maxAgeSeconds } }) =>
      maxAgeSeconds === null ? <span class="soft">ever</span> : durationInWords(maxAgeSeconds),
  },
  {
    head: "Storage",
    cell: ({ stream: { storage, replicas, leader } }) => (
      <span title={leader === null ? undefined : `led by ${leader}`}>
        {storage}
        {replicas > 1 && `, ${replicas} replicas`}
      </span>
    ),
  },
];

type ConsumerOf = ConsumerRow & { stream: string };

const CONSUMERS: Column<ConsumerOf>[] = [
  {
    head: "Consumer",
    cell: ({ stream, name }) => (
      <>
        <bdi class="id">{stream}</bdi> <bdi>{name}</bdi>
      </>
    ),
  },
  { head: "Pending", isFigure: true, cell: ({ pending }) => numberInWords(pending) },
  {
    head: "In work",
    isFigure: true,
    cell: ({ ackPending, maxAckPending }) => <Bar value={ackPending} most={maxAckPending} />,
  },
  {
    head: "Pull requests",
    isFigure: true,
    cell: ({ openPulls, maxWaiting }) => <Bar value={openPulls} most={maxWaiting} />,
  },
  { head: "Redelivered", isFigure: true, cell: ({ redelivered }) => numberInWords(redelivered) },
];

function Consumers({ rows }: { rows: Row[] }): JSX.Element {
  const all = rows.flatMap(({ stream, isGone }) =>
    isGone ? [] : stream.consumers.map((consumer) => ({ ...consumer, stream: stream.name })),
  );
  if (all.length === 0) return <p class="soft">No stream has one.</p>;
  return (
    <Table
      label="Consumers"
      columns={CONSUMERS}
      rows={all}
      keyOf={({ stream, name }) => `${stream} ${name}`}
      isMarked={({ fullness }) => fullness >= NEARLY_FULL}
    />
  );
}
