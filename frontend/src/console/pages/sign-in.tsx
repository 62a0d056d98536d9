import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";

import type { Failure } from "../../api/failure.ts";
import { Heading } from "../../ui/heading.tsx";
import { useSubmit } from "../../ui/use-submit.ts";
import { session, signIn } from "../state/session.ts";
import { durationInWords } from "../ui/format.ts";

/** In place of all pages, until somebody has given the token. */
export function SignInPage(): JSX.Element {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState("");
  const { form, busy, failure, run } = useSubmit();
  const now = session.value;
  const why = now.is === "out" ? now.why : undefined;
  const isWrong = failure?.slug === "wrong-token";
  const submit = () =>
    run(async () => {
      try {
        await signIn(token.trim());
      } catch (error) {
        field.current?.select();
        throw error;
      }
    });
  return (
    <div class="stack sign-in">
      <Heading title="Sign in" />
      <p class="soft" role="status">
        {why ?? "This console shows and changes the platform: it is for its operators."}
      </p>
      <form
        ref={form}
        class="panel stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div class="field">
          <label for={id}>Token</label>
          <input
            ref={field}
            id={id}
            class="control"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            aria-invalid={isWrong}
            aria-describedby={`${id}-hint`}
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <p class="field-hint" id={`${id}-hint`}>
            It stands in the file that the proxy was given by <code>--console-token-file</code>.
          </p>
        </div>
        <div role="alert">{failure !== undefined && <p class="field-error">{wordsOf(failure)}</p>}</div>
        <div>
          <button type="submit" class="button primary" aria-disabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </button>
        </div>
      </form>
    </div>
  );
}

function wordsOf({ slug, status, title, detail, retryAfter }: Failure): string {
  if (slug === "wrong-token") return "This token is wrong.";
  if (status === 429) {
    const wait = retryAfter === undefined ? "a moment" : durationInWords(retryAfter);
    return `Too many wrong tokens. Wait ${wait}, and try again.`;
  }
  return `${title}. ${detail}`;
}
