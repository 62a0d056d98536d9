import type { JSX } from "preact";
import { Link } from "wouter-preact";

import { focusHeading, Heading } from "../../ui/heading.tsx";

/** An address that the console has nothing at. */
export function NotFoundPage(): JSX.Element {
  return (
    <div class="stack">
      <Heading title="Nothing is here" />
      <p>The link is wrong, or it is from another version of the console.</p>
      <p>
        <Link href="/" className="button primary" onClick={focusHeading}>
          To the overview
        </Link>
      </p>
    </div>
  );
}
