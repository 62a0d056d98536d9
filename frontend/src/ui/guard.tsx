import type { ComponentChildren, JSX } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { useLocation } from "wouter-preact";

import { failureOf } from "../api/failure.ts";
import { Heading } from "./heading.tsx";
import { Trouble } from "./trouble.tsx";

/**
 * A page that cannot be shown leaves the way to the others: a new service may answer an old page with what that does
 * not know.
 */
export function Guard({ children }: { children: ComponentChildren }): JSX.Element {
  const [path] = useLocation();
  return <Guarded key={path}>{children}</Guarded>;
}

function Guarded({ children }: { children: ComponentChildren }): JSX.Element {
  const [error] = useErrorBoundary((thrown: unknown) => reportError(thrown));
  if (error === undefined) {
    return <>{children}</>;
  }
  return (
    <div class="stack">
      <Heading title="Something went wrong" />
      <Trouble
        heading="This page cannot be shown"
        failure={failureOf(error)}
        onRetry={() => location.reload()}
      />
    </div>
  );
}
