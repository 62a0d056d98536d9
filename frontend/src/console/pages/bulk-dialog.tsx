import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Failure, failureOf } from "../../api/failure.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { FormTrouble } from "../../ui/trouble.tsx";
import type { LetterFilter } from "../api/letters.ts";
import { type Act, all, Bulk, count, each } from "../state/bulk.ts";
import { counted, numberInWords } from "../ui/format.ts";
import { BulkProgress } from "./bulk-progress.tsx";

interface BulkDialogProps {
  act: Act;
  /** Numbers of those that are meant; undefined where it is all that match. */
  chosen: number[] | undefined;
  filter: LetterFilter;
  /** Whether anything was done, or may have been. */
  onClose(hasChanged: boolean): void;
}

/** Says how many dead letters are meant, asks, does it, shows how far it is, and what it could not do. */
export function BulkDialog({ act, chosen, filter, onClose }: BulkDialogProps): JSX.Element {
  const [bulk, setBulk] = useState<Bulk>();
  const { found, isCounted, failure } = useCount(chosen, filter);
  const verb = act === "redrive" ? "Redrive" : "Delete";
  const going = bulk?.progress.value;
  const close = () => {
    // Escape while it goes on stops it, so that one sees how far it came.
    if (going?.is === "going") bulk?.stop();
    else onClose(bulk !== undefined);
  };
  const title = bulk === undefined ? `${verb} ${counted(found, "dead letter")}?` : TITLES[act];
  const begin = () =>
    setBulk(new Bulk((stop) => (chosen === undefined ? all(act, filter, found, stop) : each(act, chosen))));
  return (
    <Dialog title={title} ask onClose={close}>
      {going !== undefined ? (
        <BulkProgress act={act} progress={going} total={found} />
      ) : (
        <>
          <p>{act === "redrive" ? REDRIVES : "They are gone for good: they cannot be redriven any more."}</p>
          {chosen === undefined && <p>{meant(filter)}</p>}
          <p role="status" class="soft small">
            {!isCounted && failure === undefined && `Counting: ${numberInWords(found)} so far…`}
          </p>
          <FormTrouble failure={failure} />
        </>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          {going === undefined ? "Not now" : going.is === "going" ? "Stop" : "Close"}
        </button>
        {/* It stays where it is: the second half of a double click must not meet another button. */}
        <button
          type="button"
          class="button primary"
          aria-disabled={!isCounted || found === 0 || bulk !== undefined}
          onClick={() => isCounted && found > 0 && bulk === undefined && begin()}
        >
          {verb} {numberInWords(found)}
        </button>
      </div>
    </Dialog>
  );
}

const TITLES: Record<Act, string> = { redrive: "Redriving dead letters", delete: "Deleting dead letters" };
const REDRIVES = "Each request runs again as a job, without the fields that were not stored.";

function meant({ service, cause }: LetterFilter): string {
  const parts = [service && `of the service ${service}`, cause && `with the cause ${cause}`].filter(Boolean);
  return parts.length === 0 ? "These are all that there are." : `All ${parts.join(" ")}.`;
}

interface Count {
  found: number;
  isCounted: boolean;
  failure: Failure | undefined;
}

/** How many are meant: a list may go on far beyond what is shown of it. */
function useCount(chosen: number[] | undefined, filter: LetterFilter): Count {
  const [found, setFound] = useState(chosen?.length ?? 0);
  const [isCounted, setCounted] = useState(chosen !== undefined);
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    if (chosen !== undefined) return;
    const stop = new AbortController();
    count(filter, setFound, stop.signal).then(
      () => setCounted(true),
      (error: unknown) => stop.signal.aborted || setFailure(failureOf(error)),
    );
    return () => stop.abort();
  }, []);
  return { found, isCounted, failure };
}
