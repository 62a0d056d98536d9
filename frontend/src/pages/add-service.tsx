import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";

import { notify } from "../state/notices.ts";
import { createService } from "../state/services.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { NAME_MAX, TEXT_MAX } from "../ui/lengths.ts";
import { FormTrouble, faultOf } from "../ui/trouble.tsx";
import { useIsShown } from "../ui/use-is-shown.ts";
import { useKey } from "../ui/use-key.ts";
import { useSubmit } from "../ui/use-submit.ts";

/** Adds a service, and goes to its page. */
export function AddService({ onClose }: { onClose(): void }): JSX.Element {
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const { form, busy, failure, run, refuse } = useSubmit();
  const key = useKey([name, description], failure);
  const isShown = useIsShown();
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() === "") {
      refuse([{ name: "name", text: "Give it a name." }]);
      return;
    }
    run(async () => {
      const service = await createService({ name, ...(description.trim() !== "" && { description }) }, key);
      if (isShown()) {
        onClose();
        navigate(`/services/${service.id}`);
      } else {
        // Whoever has closed the dialog stays where they are.
        notify({ tone: "success", text: `${service.name} was added` });
      }
    });
  };
  return (
    <Dialog title="Add service" onClose={onClose}>
      <form ref={form} class="form" noValidate onSubmit={submit}>
        <FormTrouble failure={failure} />
        <Field
          label="Name"
          value={name}
          onInput={setName}
          error={faultOf(failure, "name")}
          maxLength={NAME_MAX}
          required
          autoFocus
        />
        <Field
          label="Description"
          value={description}
          onInput={setDescription}
          error={faultOf(failure, "description")}
          hint="Optional: what it does, where it is."
          maxLength={TEXT_MAX}
          lines
        />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Adding…" : "Add"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
