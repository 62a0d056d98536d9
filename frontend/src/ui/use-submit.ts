import { useEffect, useRef, useState } from "preact/hooks";

import { type Failure, failureOf } from "../api/failure.ts";

interface Submit {
  /** For `ref` of the form, whose first wrong field gets the focus. */
  form: { current: HTMLFormElement | null };
  busy: boolean;
  failure: Failure | undefined;
  /** Runs the action, unless it runs already: a double click sends once. */
  run(action: () => Promise<void>): void;
  /** Tells a failure that was found before anything was sent. */
  refuse(fields: Failure["fields"]): void;
}

/** One form on its way: never twice at a time, and what failed is told where it is to be mended. */
export function useSubmit(): Submit {
  const form = useRef<HTMLFormElement>(null);
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  useEffect(() => {
    const wrong = form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    if (failure !== undefined) {
      wrong?.focus();
    }
  }, [failure]);

  const run = (action: () => Promise<void>) => {
    if (running.current) {
      return;
    }
    running.current = true;
    setBusy(true);
    setFailure(undefined);
    action()
      .catch((error: unknown) => setFailure(failureOf(error)))
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  };
  const refuse = (fields: Failure["fields"]) => setFailure({ ...NOT_SENT, fields });
  return { form, busy, failure, run, refuse };
}

const NOT_SENT: Failure = {
  kind: "problem",
  status: 0,
  slug: "invalid-body",
  title: "Something is missing",
  detail: "Fill in what is marked, and try again.",
  fields: [],
  outcome: "none",
  keySpent: false,
};
