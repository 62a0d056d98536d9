import type { JSX } from "preact";

import { Dialog } from "../../ui/dialog.tsx";
import { FormTrouble } from "../../ui/trouble.tsx";
import { useSubmit } from "../../ui/use-submit.ts";

interface AskProps {
  title: string;
  text: string;
  /** What the button says that does it, and the one that does not. */
  verb: string;
  keep: string;
  act(): Promise<unknown>;
  onClose(done: boolean): void;
}

/** Asks before one thing is done, does it, and says why it was not. */
export function Ask({ title, text, verb, keep, act, onClose }: AskProps): JSX.Element {
  const { busy, failure, run } = useSubmit();
  const go = () =>
    run(async () => {
      await act();
      onClose(true);
    });
  return (
    <Dialog title={title} ask onClose={() => onClose(false)}>
      <p>{text}</p>
      <FormTrouble failure={failure} />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => onClose(false)}>
          {keep}
        </button>
        <button type="button" class="button primary" aria-disabled={busy} onClick={go}>
          {busy ? "Wait…" : verb}
        </button>
      </div>
    </Dialog>
  );
}
