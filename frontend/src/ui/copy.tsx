import type { JSX } from "preact";
import { useState } from "preact/hooks";

interface CopyProps {
  label: string;
  text: string;
}

/** Copies a text, and says that it did; where the browser forbids it, the text is shown to be marked by hand. */
export function Copy({ label, text }: CopyProps): JSX.Element {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  return (
    <>
      <button type="button" class="button compact" onClick={() => void copy()}>
        {label}
      </button>
      <span role="status" class="small soft">
        {state === "copied" && "Copied"}
        {state === "refused" && (
          <>
            Copy it by hand: <span class="request-id">{text}</span>
          </>
        )}
      </span>
    </>
  );
}
