import type { JSX } from "preact";

/** The first character of a name, as people see characters: an emoji of several code points is one. */
export function initialOf(name: string): string {
  const first = new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next();
  return first.done === true ? "" : first.value.segment.toLocaleUpperCase();
}

/** Beside a name, to be found again with half an eye. */
export function Avatar({ name }: { name: string }): JSX.Element {
  return (
    <span class="avatar" aria-hidden="true">
      {initialOf(name)}
    </span>
  );
}
