import type { JSX } from "preact";

import { sizeInWords } from "../../ui/size.ts";
import { type ProxyRow, type ServiceRow, STATUS_CLASSES, type WorkerRow } from "../api/overview.ts";
import { sum } from "../state/points.ts";
import { isLate } from "../state/troubles.ts";
import { Age, Duration } from "../ui/age.tsx";
import { Bar } from "../ui/bar.tsx";
import { numberInWords } from "../ui/format.ts";
import { type Column, Table } from "../ui/table.tsx";

const figure = <T,>(head: string, of: (row: T) => number): Column<T> => ({
  head,
  isFigure: true,
  cell: (row) => numberInWords(of(row)),
});

const SERVICES: Column<ServiceRow>[] = [
  {
    head: "Service",
    cell: ({ name, class: kind }) => (
      <>
        <bdi>{name}</bdi> {kind !== "call" && <span class="tag">{kind}</span>}
      </>
    ),
  },
  figure("Waiting", ({ waiting }) => waiting),
  {
    head: "Oldest",
    isFigure: true,
    cell: ({ waiting, oldestSeconds }) => <Duration seconds={waiting === 0 ? null : oldestSeconds} />,
  },
  figure("In work", ({ inWork }) => inWork),
  {
    head: "Workers",
    isFigure: true,
    cell: ({ workers, noWorker }) =>
      noWorker ? <strong class="bad">no worker</strong> : numberInWords(workers),
  },
  {
    head: "Permits",
    isFigure: true,
    cell: ({ busy, permits }) => `${numberInWords(busy)} of ${numberInWords(permits)}`,
  },
  figure("Pull requests", ({ openPulls }) => openPulls),
  figure("Redelivered", ({ redelivered }) => redelivered),
];

export function ServiceTable({ rows }: { rows: ServiceRow[] }): JSX.Element {
  return (
    <Table
      label="Services"
      columns={SERVICES}
      rows={rows}
      keyOf={({ stream }) => stream}
      isMarked={(row) => row.noWorker || isLate(row)}
    />
  );
}

/** The mean of all classes, by what each has answered. */
function meanMs({ classes }: WorkerRow): number | undefined {
  const answered = sum(classes.map((each) => each.answered));
  const spent = sum(classes.map((each) => each.answered * each.meanMs));
  return answered === 0 ? undefined : spent / answered;
}

const total = (of: (one: WorkerRow["classes"][number]) => number) => (row: WorkerRow) =>
  sum(row.classes.map(of));

const WORKERS: Column<WorkerRow>[] = [
  {
    head: "Worker",
    cell: ({ id, service, draining }) => (
      <>
        <bdi>{service}</bdi> <span class="soft id">{id}</span> {draining && <span class="tag">draining</span>}
      </>
    ),
  },
  {
    head: "Permits",
    cell: ({ classes }) => (
      <span class="stack tight">
        {classes.map((one) => (
          <span key={one.stream}>
            {classes.length > 1 && <span class="soft">{one.class}: </span>}
            <Bar value={one.busy} most={one.permits} isLimit={false} />
          </span>
        ))}
      </span>
    ),
  },
  figure(
    "Answered",
    total(({ answered }) => answered),
  ),
  figure(
    "Redelivered",
    total(({ redeliveries }) => redeliveries),
  ),
  {
    head: "Mean",
    isFigure: true,
    cell: (row) => <Duration seconds={toSeconds(meanMs(row))} />,
  },
  {
    head: "Faults",
    isFigure: true,
    cell: (row) => {
      const last = row.classes.find(({ lastError }) => lastError !== null)?.lastError;
      return <span title={last ?? undefined}>{numberInWords(total(({ faults }) => faults)(row))}</span>;
    },
  },
  { head: "Version", cell: ({ version, build }) => <span title={build}>{version}</span> },
  { head: "Started", cell: ({ started }) => <Age time={started} /> },
];

function toSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}

export function WorkerTable({ rows }: { rows: WorkerRow[] }): JSX.Element {
  return (
    <Table
      label="Workers"
      columns={WORKERS}
      rows={rows}
      keyOf={({ id }) => id}
      isMarked={({ draining }) => draining}
    />
  );
}

const PROXIES: Column<ProxyRow>[] = [
  {
    head: "Proxy",
    cell: ({ id, draining }) => (
      <>
        <span class="id">{id}</span> {draining && <span class="tag">draining</span>}
      </>
    ),
  },
  figure("In flight", ({ inFlight }) => inFlight),
  {
    head: "In memory",
    isFigure: true,
    cell: ({ inFlightBytes, answerBytes }) => sizeInWords(inFlightBytes + answerBytes),
  },
  figure("Waiters", ({ waiters }) => waiters),
  figure("Connections", ({ connections }) => connections),
  ...STATUS_CLASSES.map((status) => figure<ProxyRow>(status, ({ responses }) => responses[status] ?? 0)),
  { head: "Faults", cell: ({ faults }) => <Faults faults={faults} /> },
  { head: "Version", cell: ({ version, build }) => <span title={build}>{version}</span> },
  { head: "Started", cell: ({ started }) => <Age time={started} /> },
];

/** What the platform itself answered, by kind: the most frequent first. */
function Faults({ faults }: { faults: ProxyRow["faults"] }): JSX.Element {
  const some = Object.entries(faults)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one);
  return some.length === 0 ? (
    <span class="soft">none</span>
  ) : (
    <span>{some.map(([slug, count]) => `${numberInWords(count)} ${slug}`).join(", ")}</span>
  );
}

export function ProxyTable({ rows }: { rows: ProxyRow[] }): JSX.Element {
  return (
    <Table
      label="Proxies"
      columns={PROXIES}
      rows={rows}
      keyOf={({ id }) => id}
      isMarked={({ draining }) => draining}
    />
  );
}
