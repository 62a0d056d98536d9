import type { ComponentChildren, JSX } from "preact";

/** In place of a list that has nothing in it: why, and the way out. */
export function Empty({ text, children }: { text: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="state">
      <p dir="auto">{text}</p>
      {children}
    </div>
  );
}
