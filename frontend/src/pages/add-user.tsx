import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { ApiError } from "../api/failure.ts";
import { createUser } from "../state/users.ts";
import { Field } from "../ui/field.tsx";
import { NAME_MAX } from "../ui/lengths.ts";
import { faultOf } from "../ui/trouble.tsx";
import { useKey } from "../ui/use-key.ts";
import { useSubmit } from "../ui/use-submit.ts";

/** A user comes into the list at once; when that fails, the name stands here again. */
export function AddUser(): JSX.Element {
  const id = useId();
  const [name, setName] = useState("");
  const { form, busy, failure, run, refuse } = useSubmit();
  const key = useKey([name], failure);
  // What is no fault of the name is told by a notice.
  const nameFault = faultOf(failure, "name");
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() === "") {
      refuse([{ name: "name", text: "Give a name." }]);
      return;
    }
    run(async () => {
      const fault = await createUser(name, key);
      if (fault === undefined) {
        setName("");
      } else {
        throw new ApiError(fault);
      }
    });
  };
  return (
    <form ref={form} class="panel form" aria-labelledby={id} noValidate onSubmit={submit}>
      <h2 id={id}>Add a user</h2>
      <Field label="Name" value={name} onInput={setName} error={nameFault} maxLength={NAME_MAX} required />
      <button type="submit" class="button primary" aria-disabled={busy}>
        {busy ? "Adding…" : "Add user"}
      </button>
    </form>
  );
}
