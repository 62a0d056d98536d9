import type { ComponentChildren, JSX } from "preact";

export interface Column<T> {
  head: string;
  /** Figures stand under each other. */
  isFigure?: boolean;
  cell(row: T): ComponentChildren;
}

interface TableProps<T> {
  label: string;
  /** The first one names the row. */
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf(row: T): string | number;
  /** Whether something is wrong with this row. */
  isMarked?: ((row: T) => boolean) | undefined;
}

/**
 * A table; on a narrow window each row is a block with its heads beside its values. The roles are told, for browsers
 * take that what is laid out otherwise is no table.
 */
export function Table<T>({ label, columns, rows, keyOf, isMarked }: TableProps<T>): JSX.Element {
  return (
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, isFigure }) => (
            <th key={head} role="columnheader" scope="col" class={isFigure ? "figure" : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" class={isMarked?.(row) ? "marked" : undefined}>
            {columns.map((column, index) => (
              <Cell key={column.head} column={column} row={row} isFirst={index === 0} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps<T> {
  column: Column<T>;
  row: T;
  isFirst: boolean;
}

function Cell<T>({ column, row, isFirst }: CellProps<T>): JSX.Element {
  const { head, isFigure, cell } = column;
  const common = { "data-head": head, class: isFigure ? "figure" : undefined };
  return isFirst ? (
    <th {...common} role="rowheader" scope="row">
      {cell(row)}
    </th>
  ) : (
    <td {...common} role="cell">
      {cell(row)}
    </td>
  );
}

/** As high as a table of this many rows. */
export function TableSkeleton({ rows }: { rows: number }): JSX.Element {
  return (
    <div class="table-skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} class="skeleton" />
      ))}
    </div>
  );
}
