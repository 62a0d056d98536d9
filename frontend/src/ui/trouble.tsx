import { createContext, type JSX } from "preact";
import { useContext } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import type { Failure } from "../api/failure.ts";
import { Copy } from "./copy.tsx";
import { focusHeading } from "./heading.tsx";

/** What the link to an app's first page says. */
export const WayHome = createContext("To the services");

interface TroubleProps {
  /** What is missing here: "Services cannot be shown". */
  heading: string;
  failure: Failure;
  onRetry?: (() => void) | undefined;
}

/** A failure in place of what it kept away. */
export function Trouble({ heading, failure, onRetry }: TroubleProps): JSX.Element {
  return (
    <div class="state failed" role="alert">
      <h2>{heading}</h2>
      <p>
        <strong>{failure.title}.</strong> {failure.detail}
      </p>
      <div class="row">
        {onRetry !== undefined && (
          <button type="button" class="button primary" onClick={onRetry}>
            Try again
          </button>
        )}
        <WayOut failure={failure} />
        <RequestId failure={failure} />
      </div>
    </div>
  );
}

/** Where the same would fail again: a way to something else. The focus goes along, for the link vanishes. */
function WayOut({ failure }: { failure: Failure }): JSX.Element | null {
  const [path] = useLocation();
  const home = useContext(WayHome);
  if (failure.status !== 404 && failure.status !== 422) {
    return null;
  }
  const isGone = failure.status === 404;
  return (
    <Link href={isGone ? "/" : path} className="button primary" onClick={focusHeading}>
      {isGone ? home : "To the first page"}
    </Link>
  );
}

interface StaleProps {
  /** What it means for what is shown: a sentence. */
  what: string;
  failure: Failure;
  onRetry(): void;
}

/** A failure to get anew what is shown already: the old is kept, and said to be old. */
export function Stale({ what, failure, onRetry }: StaleProps): JSX.Element {
  return (
    <div class="stale" role="status">
      <span>
        {what} {failure.title}.
      </span>
      <button type="button" class="button quiet compact" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** What operators find the request by, to be copied into a message to them. */
export function RequestId({ failure }: { failure: Failure }): JSX.Element | null {
  return failure.requestId === undefined ? null : <Copy label="Copy request id" text={failure.requestId} />;
}

/** The failure of a form: what belongs to none of its fields, or that some of them are wrong. */
export function FormTrouble({ failure }: { failure: Failure | undefined }): JSX.Element {
  return (
    <div role="alert">
      {failure !== undefined && (
        <div class="stale">
          <span>
            <strong>{failure.title}.</strong> {failure.detail}
          </span>
          <RequestId failure={failure} />
        </div>
      )}
    </div>
  );
}

/** What a failure says of one field of a form. */
export function faultOf(failure: Failure | undefined, name: string): string | undefined {
  return failure?.fields.find((field) => field.name === name)?.text;
}
