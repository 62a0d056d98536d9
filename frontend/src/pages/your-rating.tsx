import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Link } from "wouter-preact";

import { type Failure, failureOf } from "../api/failure.ts";
import type { User } from "../api/types.ts";
import type { Editing } from "../state/look.ts";
import { notify } from "../state/notices.ts";
import type { Conflict, Outcome } from "../state/perform.ts";
import { change, edit, rate } from "../state/rate.ts";
import { ownRating, type RatingRow } from "../state/ratings.ts";
import { remove } from "../state/remove.ts";
import { Loading } from "../ui/loading.tsx";
import { useResource } from "../ui/use-resource.ts";
import { ConflictDialog } from "./conflict.tsx";
import { OwnRating } from "./own-rating.tsx";
import { type Draft, EMPTY_DRAFT, RatingForm } from "./rating-form.tsx";

/** In place of one's rating, as long as nobody is chosen. */
export function ChooseYourself(): JSX.Element {
  return (
    <Region>
      <p class="soft">Ratings are kept under a name.</p>
      <p>
        <Link href="/users" className="button">
          Choose who you are
        </Link>
      </p>
    </Region>
  );
}

/** The rating of one user: given, changed, removed here. */
export function YourRating({ serviceId, user }: { serviceId: string; user: User }): JSX.Element {
  const own = useResource(() => ownRating(serviceId, user.id), [serviceId, user.id]);
  return (
    <Loading resource={own} what="Your rating" skeleton={<YourRatingSkeleton />}>
      {({ rating }) => <Editor serviceId={serviceId} user={user} rating={rating} />}
    </Loading>
  );
}

interface EditorProps {
  serviceId: string;
  user: User;
  rating: RatingRow | undefined;
}

/** What is typed outlives a change that fails: the form comes back with it. */
function Editor({ serviceId, user, rating }: EditorProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT);
  const [editing, setEditing] = useState<Promise<Editing>>();
  const [failure, setFailure] = useState<Failure>();
  const [conflict, setConflict] = useState<Conflict>();
  const [isNew, setIsNew] = useState(false);

  const settle = (outcome: Outcome) => {
    setConflict(outcome.kind === "conflict" ? outcome.conflict : undefined);
    setFailure(outcome.kind === "failed" ? outcome.failure : undefined);
    if (outcome.kind === "done") {
      setDraft(EMPTY_DRAFT);
    }
  };
  const save = async ({ score = 0, comment }: Draft, edited: RatingRow, begun: Promise<Editing>) => {
    setEditing(undefined);
    setIsNew(false);
    try {
      const outcome = await change(await begun, { score, comment: comment === "" ? null : comment });
      settle(outcome);
      if (outcome.kind === "failed") {
        setEditing(begun);
      }
    } catch (error) {
      // The rating could not even be looked at when editing began: the next press begins anew.
      notify({ tone: "error", text: "Your changes were not saved", failure: failureOf(error) });
      setEditing(look(edited));
    }
  };
  const submit = ({ score = 0, comment }: Draft) => {
    if (rating !== undefined && editing !== undefined) {
      void save({ score, comment }, rating, editing);
    } else {
      setEditing(undefined);
      setIsNew(true);
      void rate({ service: { id: serviceId }, user, score, comment }).then(settle);
    }
  };
  const beginEdit = (shown: RatingRow) => {
    setDraft({ score: shown.score, comment: shown.comment ?? "" });
    setFailure(undefined);
    setEditing(look(shown));
  };
  const cancelEdit = () => {
    setEditing(undefined);
    setDraft(EMPTY_DRAFT);
  };
  const mode = rating === undefined ? "new" : editing === undefined ? "shown" : "edited";
  return (
    <Region mode={mode}>
      {rating !== undefined && editing === undefined ? (
        <OwnRating
          rating={rating}
          onEdit={() => beginEdit(rating)}
          onDelete={() => void remove(rating).done.then(settle)}
        />
      ) : (
        <RatingForm
          draft={draft}
          onDraft={setDraft}
          failure={failure}
          onSubmit={submit}
          onCancel={mode === "edited" ? cancelEdit : undefined}
        />
      )}
      {conflict !== undefined && <ConflictDialog conflict={conflict} isNew={isNew} onOutcome={settle} />}
    </Region>
  );
}

/** Looks at a rating before it is edited. That it failed is told when it is to be saved, not before. */
function look(rating: RatingRow): Promise<Editing> {
  const begun = edit(rating);
  begun.catch(() => undefined);
  return begun;
}

/** The part of the page; what had the focus in it may vanish, then the part itself has it. */
function Region({ mode, children }: { mode?: string; children: ComponentChildren }): JSX.Element {
  const region = useRef<HTMLElement>(null);
  const before = useRef(mode);
  const id = useId();
  useLayoutEffect(() => {
    const changed = before.current !== mode;
    before.current = mode;
    if (changed && document.activeElement === document.body) {
      const first =
        mode === "edited" ? region.current?.querySelector<HTMLElement>("input:checked") : undefined;
      (first ?? region.current)?.focus({ preventScroll: true });
    }
  }, [mode]);
  return (
    <section ref={region} class="panel stack" aria-labelledby={id} tabIndex={-1}>
      <h2 id={id}>Your rating</h2>
      {children}
    </section>
  );
}

/** Has the size of the form. */
function YourRatingSkeleton(): JSX.Element {
  return <div class="panel skeleton your-rating-skeleton" aria-hidden="true" />;
}
