import type { JSX } from "preact";

import { dismiss, type Notice, notices } from "../state/notices.ts";
import { focusHeading } from "./heading.tsx";
import { CLOSE, Line } from "./icons.tsx";
import { RequestId } from "./trouble.tsx";

/**
 * What happened and wants to be known. Two live regions, there from the beginning: screen readers wait with the one and
 * read the other at once.
 */
export function Notices(): JSX.Element {
  const all = notices.value;
  const show = (notice: Notice) => <One key={notice.id} notice={notice} />;
  return (
    <section class="notices" aria-label="Notifications">
      <ol aria-live="polite">{all.filter(({ tone }) => tone !== "error").map(show)}</ol>
      <ol aria-live="assertive">{all.filter(({ tone }) => tone === "error").map(show)}</ol>
    </section>
  );
}

function One({ notice }: { notice: Notice }): JSX.Element {
  const { id, tone, text, failure, action } = notice;
  // The button that had the focus vanishes with its notice.
  const leave = () => {
    dismiss(id);
    focusHeading();
  };
  return (
    <li class={`notice ${tone}`}>
      <div class="notice-text">
        <p dir="auto">{text}</p>
        {failure !== undefined && (
          <p>
            {failure.title}. {failure.detail}
          </p>
        )}
      </div>
      <button type="button" class="button quiet compact" aria-label="Dismiss" onClick={leave}>
        <Line path={CLOSE} />
      </button>
      <div class="notice-actions">
        {failure !== undefined && <RequestId failure={failure} />}
        {action !== undefined && (
          <button
            type="button"
            class="button compact"
            onClick={() => {
              action.run();
              leave();
            }}
          >
            {action.label}
          </button>
        )}
      </div>
    </li>
  );
}
