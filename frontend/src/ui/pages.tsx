import type { JSX } from "preact";

import { Line, NEXT, PREVIOUS } from "./icons.tsx";

interface PagesProps {
  /** Undefined on the first page. */
  onPrevious?: (() => void) | undefined;
  /** Undefined on the last page. */
  onNext?: (() => void) | undefined;
  /** False while another page loads: what is shown is not where one is. */
  ready: boolean;
}

/** The way from page to page of a list; nothing where there is only one. */
export function Pages({ onPrevious, onNext, ready }: PagesProps): JSX.Element | null {
  if (onPrevious === undefined && onNext === undefined) {
    return null;
  }
  return (
    <nav class="pages" aria-label="Pages">
      <Step run={ready ? onPrevious : undefined}>
        <Line path={PREVIOUS} />
        Previous page
      </Step>
      <Step run={ready ? onNext : undefined}>
        Next page
        <Line path={NEXT} />
      </Step>
    </nav>
  );
}

interface StepProps {
  run: (() => void) | undefined;
  children: (JSX.Element | string)[];
}

/** It stays where it is, and keeps the focus, when there is nothing more to come. */
function Step({ run, children }: StepProps): JSX.Element {
  return (
    <button type="button" class="button" aria-disabled={run === undefined} onClick={run}>
      {children}
    </button>
  );
}
