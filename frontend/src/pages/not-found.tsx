import type { JSX } from "preact";
import { Link } from "wouter-preact";

import { Heading } from "../ui/heading.tsx";

/** At an address where nothing is. */
export function NotFoundPage(): JSX.Element {
  return (
    <div class="stack">
      <Heading title="Page not found" />
      <p class="lead">Nothing is at this address. Perhaps the link is old, or mistyped.</p>
      <p>
        <Link href="/" className="button primary">
          To the services
        </Link>
      </p>
    </div>
  );
}
