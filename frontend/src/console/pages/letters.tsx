import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Link } from "wouter-preact";

import { Choice } from "../../ui/field.tsx";
import { Heading } from "../../ui/heading.tsx";
import { useResource } from "../../ui/use-resource.ts";
import { CAUSES, type Letter, type LetterFilter, readLetters } from "../api/letters.ts";
import type { Act } from "../state/bulk.ts";
import { listing } from "../state/listing.ts";
import { overview } from "../state/live.ts";
import { Age } from "../ui/age.tsx";
import { causeInWords } from "../ui/cause.ts";
import { numberInWords } from "../ui/format.ts";
import { List } from "../ui/list.tsx";
import { RequestLine } from "../ui/request-line.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useFilter } from "../ui/use-filter.ts";
import { BulkDialog } from "./bulk-dialog.tsx";

const EVERY_CAUSE = [["", "All causes"], ...CAUSES] as const;

/** Which dead letters are to be redriven or deleted: these, or all that match. */
interface Wish {
  act: Act;
  chosen: number[] | undefined;
}

/** What was given up, by service and cause; one, many, or all of it redriven or deleted. */
export function LettersPage(): JSX.Element {
  const [filter, filterBy] = useFilter(["service", "cause"]);
  const { service, cause } = filter;
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [wish, setWish] = useState<Wish>();
  const list = useResource(
    () => listing((part, signal) => readLetters({ service, cause }, part, signal)),
    [service, cause],
  );
  const shown = list.data.value?.items ?? [];
  // What a filter hides is not meant any more.
  const selected = shown.map(({ sequence }) => sequence).filter((sequence) => chosen.has(sequence));
  const isFiltered = service !== "" || cause !== "";
  const filterTo = (change: Partial<LetterFilter>) => {
    setChosen(new Set());
    filterBy(change);
  };
  return (
    <div class="stack">
      <div class="page-head">
        <Heading title="Dead letters" />
        <button type="button" class="button" onClick={() => list.reload()}>
          Refresh
        </button>
      </div>
      <div class="filters">
        <Choice
          label="Service"
          value={service}
          options={servicesOf(shown, service)}
          onChange={(to) => filterTo({ service: to })}
        />
        <Choice
          label="Cause"
          value={cause}
          options={EVERY_CAUSE}
          onChange={(to) => filterTo({ cause: to })}
        />
      </div>
      <List
        listing={list}
        what="Dead letters"
        noun="dead letter"
        none={isFiltered ? "No dead letter matches." : "There are no dead letters. Nothing was given up."}
      >
        {(items) => (
          <>
            <Acts
              selected={selected}
              onWish={(act, all) => setWish({ act, chosen: all ? undefined : selected })}
            />
            <Rows items={items} chosen={chosen} onChoose={setChosen} />
          </>
        )}
      </List>
      {wish !== undefined && (
        <BulkDialog
          act={wish.act}
          chosen={wish.chosen}
          filter={filter}
          onClose={(hasChanged) => {
            setWish(undefined);
            if (!hasChanged) return;
            setChosen(new Set());
            list.reload();
          }}
        />
      )}
    </div>
  );
}

/** Those that have dead letters, and the one that is chosen. */
function servicesOf(shown: readonly Letter[], chosen: string): [string, string][] {
  const live = Object.keys(overview.value?.deadLettersByService ?? {});
  const names = new Set([...live, ...shown.map(({ facts }) => facts.service), chosen]);
  names.delete("");
  return [["", "All services"], ...[...names].sort().map((name): [string, string] => [name, name])];
}

interface ActsProps {
  selected: readonly number[];
  onWish(act: Act, all: boolean): void;
}

function Acts({ selected, onWish }: ActsProps): JSX.Element {
  const none = selected.length === 0;
  const ofSelected = (act: Act, text: string) => (
    <button
      type="button"
      class="button compact"
      aria-disabled={none}
      onClick={() => none || onWish(act, false)}
    >
      {text}
    </button>
  );
  const ofAll = (act: Act, text: string) => (
    <button type="button" class="button compact" onClick={() => onWish(act, true)}>
      {text}
    </button>
  );
  return (
    <div class="row" role="group" aria-label="What to do with them">
      {ofSelected("redrive", "Redrive selected")}
      {ofSelected("delete", "Delete selected")}
      {ofAll("redrive", "Redrive all that match")}
      {ofAll("delete", "Delete all that match")}
      <span class="soft small" role="status">
        {none ? "" : `${numberInWords(selected.length)} selected`}
      </span>
    </div>
  );
}

interface RowsProps {
  items: Letter[];
  chosen: ReadonlySet<number>;
  onChoose(chosen: ReadonlySet<number>): void;
}

function Rows({ items, chosen, onChoose }: RowsProps): JSX.Element {
  const all = items.map(({ sequence }) => sequence);
  const isAll = all.every((sequence) => chosen.has(sequence));
  const isSome = all.some((sequence) => chosen.has(sequence));
  const choose = (sequence: number, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(sequence);
    else next.delete(sequence);
    onChoose(next);
  };
  const box: Column<Letter> = {
    head: "Dead letter",
    cell: ({ sequence }) => (
      <label class="check">
        <input
          type="checkbox"
          aria-label={`Select dead letter ${sequence}`}
          checked={chosen.has(sequence)}
          onChange={(event) => choose(sequence, event.currentTarget.checked)}
        />
        <Link href={`/dead-letters/${sequence}`}>{sequence}</Link>
      </label>
    ),
  };
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={isAll}
          indeterminate={isSome && !isAll}
          onChange={(event) => onChoose(new Set(event.currentTarget.checked ? all : []))}
        />
        Select all shown
      </label>
      <Table
        label="Dead letters"
        columns={[box, ...COLUMNS]}
        rows={items}
        keyOf={({ sequence }) => sequence}
      />
    </>
  );
}

const COLUMNS: Column<Letter>[] = [
  {
    head: "Request",
    cell: ({ facts }) => <RequestLine method={facts.method} target={facts.target} />,
  },
  { head: "Cause", cell: ({ facts }) => causeInWords(facts.cause) },
  { head: "Service", cell: ({ facts }) => <bdi>{facts.service}</bdi> },
  { head: "Attempts", isFigure: true, cell: ({ facts }) => numberInWords(facts.attempts) },
  {
    head: "Last answer",
    isFigure: true,
    cell: ({ facts }) => facts.status ?? <span class="soft">none</span>,
  },
  { head: "Died", isFigure: true, cell: ({ facts }) => <Age time={facts.at} /> },
];
