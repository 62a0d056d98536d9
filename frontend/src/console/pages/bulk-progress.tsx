import type { JSX } from "preact";

import { FormTrouble } from "../../ui/trouble.tsx";
import type { Act, Progress } from "../state/bulk.ts";
import { numberInWords, seeable } from "../ui/format.ts";

/** Failures that are listed one by one; of more only the number is told. */
const LISTED = 100;

interface BulkProgressProps {
  act: Act;
  progress: Progress;
  total: number;
}

/** How far it is, and what was left as it was. */
export function BulkProgress({ act, progress, total }: BulkProgressProps): JSX.Element {
  const { is, done, left, failure, halt } = progress;
  const did = act === "redrive" ? "redriven" : "deleted";
  const seen = done + left.length;
  return (
    <>
      <progress aria-label="Progress" max={Math.max(1, total)} value={seen} />
      <p role="status">
        {is === "stopped" && "Stopped. "}
        {is === "ended" && seen >= total && "Done. "}
        {numberInWords(done)} of {numberInWords(total)} {did}
        {left.length > 0 && `, ${numberInWords(left.length)} not`}.
      </p>
      {halt !== undefined && <p class="field-error">{halt}</p>}
      <FormTrouble failure={failure} />
      {left.length > 0 && (
        <section class="left-over" aria-label={`Not ${did}`} tabIndex={0}>
          <ul class="bullets small">
            {left.slice(0, LISTED).map(({ sequence, reason }) => (
              <li key={sequence}>
                <b>{sequence}</b>: {seeable(reason)}
              </li>
            ))}
            {left.length > LISTED && <li>And {numberInWords(left.length - LISTED)} more.</li>}
          </ul>
        </section>
      )}
    </>
  );
}
