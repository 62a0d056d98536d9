import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Heading } from "./heading.tsx";

interface LaterProps<M> {
  load(): Promise<M>;
  /** The heading until the page is there. */
  title: string;
  children(module: M): ComponentChildren;
}

/**
 * A page whose code comes when it is asked for. After a new release the code of the old one may be gone: then the bar
 * of the shell offers the new one, and here it is said why nothing comes.
 */
export function Later<M>({ load, title, children }: LaterProps<M>): JSX.Element {
  const [module, setModule] = useState<M>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (loaded) => setModule(() => loaded),
      () => {
        setFailed(true);
      },
    );
  }, [load]);
  if (module !== undefined) {
    return <>{children(module)}</>;
  }
  return (
    <div class="stack" aria-busy={!failed}>
      <Heading title={title} />
      {failed && (
        <div class="state failed" role="alert">
          <h2>This page cannot be shown</h2>
          <p>
            Its program could not be loaded: there may be a new version, or no connection. Reload the page.
          </p>
          <button type="button" class="button primary" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
    </div>
  );
}
