import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { createUser } from "../state/users.ts";
import { Field } from "../ui/field.tsx";
import { NAME_MAX } from "../ui/lengths.ts";
import { FormTrouble, faultOf } from "../ui/trouble.tsx";
import { useSubmit } from "../ui/use-submit.ts";

/** A user comes into the list at once; when that fails, the name stands here again. */
export function AddUser(): JSX.Element {
  const id = useId();
  const [name, setName] = useState("");
  const { form, busy, failure, run, refuse } = useSubmit();
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() === "") {
      refuse([{ name: "name", text: "Give a name." }]);
      return;
    }
    run(async () => {
      await createUser(name);
      setName("");
    });
  };
  return (
    <form ref={form} class="panel form" aria-labelledby={id} noValidate onSubmit={submit}>
      <h2 id={id}>Add a user</h2>
      <FormTrouble failure={failure} />
      <Field
        label="Name"
        value={name}
        onInput={setName}
        error={faultOf(failure, "name")}
        maxLength={NAME_MAX}
        required
      />
      <button type="submit" class="button primary" aria-disabled={busy}>
        {busy ? "Adding…" : "Add user"}
      </button>
    </form>
  );
}
