import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import type { Outcome } from "../state/perform.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Stars } from "../ui/stars.tsx";
import { When } from "../ui/when.tsx";
import type { Choice } from "./use-editor.ts";

const HAS_CHANGED = "This rating has changed meanwhile";
const IS_THERE = "You have rated this service already";

interface ConflictDialogProps extends Choice {
  onOutcome(outcome: Outcome): void;
  /** Neither was chosen. */
  onLater(): void;
}

/** Two versions of one rating: who wrote the later one decides which of them stays. */
export function ConflictDialog({ conflict, isNew, onOutcome, onLater }: ConflictDialogProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const { mine, theirs } = conflict;
  const takeTheirs = () => {
    conflict.takeTheirs();
    onOutcome({ kind: "done", rating: theirs });
  };
  const keepMine = async () => {
    if (!busy) {
      setBusy(true);
      onOutcome(await conflict.keepMine());
      setBusy(false);
    }
  };
  return (
    <Dialog title={isNew ? IS_THERE : HAS_CHANGED} onClose={onLater} broad ask>
      <p>
        {isNew
          ? "Another tab or device has rated it."
          : "Another tab or device has changed it since you began."}{" "}
        Which version shall stay?
      </p>
      <div class="versions">
        <Version title="Mine" score={mine?.score} comment={mine?.comment} />
        <Version title="Theirs" score={theirs.score} comment={theirs.comment} at={theirs.updatedAt} />
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={takeTheirs}>
          Take theirs
        </button>
        <button type="button" class="button primary" aria-disabled={busy} onClick={() => void keepMine()}>
          Keep mine
        </button>
      </div>
    </Dialog>
  );
}

interface VersionProps {
  title: string;
  /** Undefined where the rating is deleted in this version. */
  score: number | undefined;
  comment: string | undefined;
  at?: string;
}

function Version({ title, score, comment, at }: VersionProps): JSX.Element {
  const id = useId();
  return (
    <section class="version" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {score === undefined ? (
        <p>Deleted</p>
      ) : (
        <>
          <div class="rating-score">
            <Stars score={score} />
            <span class="score">{score} of 5</span>
          </div>
          <p dir="auto">{comment ?? <span class="soft">No comment</span>}</p>
        </>
      )}
      {at !== undefined && (
        <p class="soft small">
          Saved <When time={at} />
        </p>
      )}
    </section>
  );
}
