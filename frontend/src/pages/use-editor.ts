import { useState } from "preact/hooks";

import { type Failure, failureOf } from "../api/failure.ts";
import type { Rating, User } from "../api/types.ts";
import type { Editing } from "../state/look.ts";
import { notify } from "../state/notices.ts";
import { askAbout, type Conflict, type Outcome } from "../state/perform.ts";
import { change, edit, rate } from "../state/rate.ts";
import type { RatingRow } from "../state/ratings.ts";
import { remove } from "../state/remove.ts";
import { useIsShown } from "../ui/use-is-shown.ts";
import { type Draft, EMPTY_DRAFT } from "./draft.ts";

/** Two versions of a rating to choose from. */
export interface Choice {
  conflict: Conflict;
  /** Whether a first rating was meant, where there is one already. */
  isNew: boolean;
}

/** One's rating as it is given, changed and removed. What is typed outlives a change that fails. */
export interface Editor {
  mode: "new" | "shown" | "edited";
  draft: Draft;
  setDraft(draft: Draft): void;
  /** Why the last change did not happen. */
  failure: Failure | undefined;
  choice: Choice | undefined;
  submit(): void;
  beginEdit(): void;
  cancelEdit(): void;
  drop(): void;
  /** What became of a choice. */
  settle(outcome: Outcome): void;
  /** Neither version was chosen: nothing of what was typed is lost by Escape. */
  postpone(): void;
}

/** Begins with the rating that is there, if there is one. */
export function useEditor(serviceId: string, user: User, rating: RatingRow | undefined): Editor {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [editing, setEditing] = useState<Promise<Editing>>();
  const [failure, setFailure] = useState<Failure>();
  const [choice, setChoice] = useState<Choice>();

  const isShown = useIsShown();

  const settle = (outcome: Outcome, isNew = false) => {
    // A deletion goes out seconds later: whoever is on another page by then is asked there.
    if (!isShown() && outcome.kind === "conflict") {
      askAbout(outcome.conflict);
      return;
    }
    setChoice(outcome.kind === "conflict" ? { conflict: outcome.conflict, isNew } : undefined);
    setFailure(outcome.kind === "failed" ? outcome.failure : undefined);
    if (outcome.kind === "done") {
      // What was typed since it was sent is of the next change.
      setDraft((latest) => (latest === draft ? EMPTY_DRAFT : latest));
    }
  };
  const { score = 0, comment } = draft;
  const add = async () => {
    setEditing(undefined);
    settle(await rate({ service: { id: serviceId }, user, score, comment }), true);
  };
  const save = async (edited: Rating, begun: Promise<Editing>) => {
    setEditing(undefined);
    try {
      const outcome = await change(await begun, { score, comment: comment === "" ? null : comment });
      settle(outcome);
      if (outcome.kind === "failed") {
        setEditing((latest) => latest ?? begun);
      }
    } catch (error) {
      // The rating could not even be looked at when editing began: the next press begins anew.
      notify({ tone: "error", text: "Your changes were not saved", failure: failureOf(error) });
      setEditing(look(edited));
    }
  };
  const begin = (shown: Rating) => {
    setDraft({ score: shown.score, comment: shown.comment ?? "" });
    setFailure(undefined);
    setEditing(look(shown));
  };
  return {
    mode: rating === undefined ? "new" : editing === undefined ? "shown" : "edited",
    draft,
    setDraft,
    failure,
    choice,
    submit: () => void (rating !== undefined && editing !== undefined ? save(rating, editing) : add()),
    beginEdit: () => rating !== undefined && begin(rating),
    cancelEdit: () => {
      setEditing(undefined);
      setDraft(EMPTY_DRAFT);
    },
    drop: () => rating !== undefined && void remove(rating).done.then((outcome) => settle(outcome)),
    settle,
    postpone: () => {
      setChoice(undefined);
      setEditing(choice?.conflict.mine && look(choice.conflict.theirs));
    },
  };
}

/** Looks at a rating before it is edited. That it failed is told when it is to be saved, not before. */
function look(rating: Rating): Promise<Editing> {
  const begun = edit(rating);
  begun.catch(() => undefined);
  return begun;
}
