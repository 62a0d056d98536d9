import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Failure } from "../api/failure.ts";
import { Field } from "../ui/field.tsx";
import { TEXT_MAX } from "../ui/lengths.ts";
import { StarInput } from "../ui/star-input.tsx";
import { FormTrouble, faultOf } from "../ui/trouble.tsx";
import type { Draft } from "./draft.ts";

/** From how many characters left on they are told. */
const NEAR = 200;

interface RatingFormProps {
  draft: Draft;
  onDraft(draft: Draft): void;
  /** Why the last change did not happen. */
  failure: Failure | undefined;
  onSubmit(): void;
  /** Undefined where there is nothing to go back to. */
  onCancel?: (() => void) | undefined;
}

/** Stars and a comment: for a new rating, or to change one. */
export function RatingForm({ draft, onDraft, failure, onSubmit, onCancel }: RatingFormProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const [unchosen, setUnchosen] = useState(false);
  const scoreFault = unchosen && draft.score === undefined ? "Choose a score." : faultOf(failure, "score");
  const commentFault = faultOf(failure, "comment");
  useEffect(() => {
    if (scoreFault !== undefined || commentFault !== undefined) {
      form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }
  }, [scoreFault, commentFault]);
  const left = TEXT_MAX - draft.comment.length;
  return (
    <form
      ref={form}
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setUnchosen(draft.score === undefined);
        if (draft.score !== undefined) {
          onSubmit();
        }
      }}
    >
      {/* What belongs to no field is told by a notice, for the form may be out of sight by then. */}
      {failure !== undefined && failure.fields.length > 0 && <FormTrouble failure={failure} />}
      <StarInput value={draft.score} onChange={(score) => onDraft({ ...draft, score })} error={scoreFault} />
      <Field
        label="Comment"
        value={draft.comment}
        onInput={(comment) => onDraft({ ...draft, comment })}
        error={commentFault}
        hint={left <= NEAR ? `${left.toLocaleString("en")} characters left` : undefined}
        maxLength={TEXT_MAX}
        lines
      />
      <div class="row">
        <button type="submit" class="button primary">
          {onCancel === undefined ? "Rate" : "Save changes"}
        </button>
        {onCancel !== undefined && (
          <button type="button" class="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}
