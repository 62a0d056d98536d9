import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Link } from "wouter-preact";

import type { User } from "../api/types.ts";
import { ownRating, type RatingRow } from "../state/ratings.ts";
import { Loading } from "../ui/loading.tsx";
import { useResource } from "../ui/use-resource.ts";
import { ConflictDialog } from "./conflict.tsx";
import { OwnRating } from "./own-rating.tsx";
import { RatingForm } from "./rating-form.tsx";
import { useEditor } from "./use-editor.ts";

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
      {({ rating }) => <YourEditor serviceId={serviceId} user={user} rating={rating} />}
    </Loading>
  );
}

interface EditorProps {
  serviceId: string;
  user: User;
  rating: RatingRow | undefined;
}

function YourEditor({ serviceId, user, rating }: EditorProps): JSX.Element {
  const editor = useEditor(serviceId, user, rating);
  const { mode, choice } = editor;
  return (
    <Region mode={mode}>
      {rating !== undefined && mode === "shown" ? (
        <OwnRating rating={rating} onEdit={editor.beginEdit} onDelete={editor.drop} />
      ) : (
        <RatingForm
          draft={editor.draft}
          onDraft={editor.setDraft}
          failure={editor.failure}
          onSubmit={editor.submit}
          onCancel={mode === "edited" ? editor.cancelEdit : undefined}
        />
      )}
      {choice !== undefined && (
        <ConflictDialog {...choice} onOutcome={editor.settle} onLater={editor.postpone} />
      )}
    </Region>
  );
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
