import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { Line, SEARCH } from "./icons.tsx";
import { NAME_MAX } from "./lengths.ts";

/** How long nobody types before a search begins, in ms. */
const PAUSE_MS = 250;

interface SearchFieldProps {
  label: string;
  /** What is searched for: from the URL. */
  value: string;
  /** What may be typed. */
  hint?: string;
  /** Only Enter searches. */
  isSent?: boolean;
  onSearch(value: string): void;
}

/** Searches while one types. What is typed stays where it is; what the URL says comes in when it changes otherwise. */
export function SearchField(props: SearchFieldProps): JSX.Element {
  const { label, value, hint = "Beginning of a name", isSent = false, onSearch } = props;
  const id = useId();
  const [text, setText] = useState(value);
  const asked = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    if (value !== asked.current) {
      asked.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const search = (typed: string) => {
    clearTimeout(timer.current);
    if (typed.trim() !== asked.current) {
      asked.current = typed.trim();
      onSearch(asked.current);
    }
  };
  return (
    <form
      class="field"
      role="search"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <label for={id}>{label}</label>
      <div class="search">
        <Line path={SEARCH} />
        <input
          id={id}
          class="control"
          type="search"
          dir="auto"
          autoComplete="off"
          spellcheck={false}
          maxLength={NAME_MAX}
          placeholder={hint}
          value={text}
          onInput={(event) => {
            const typed = event.currentTarget.value;
            setText(typed);
            clearTimeout(timer.current);
            if (!isSent) timer.current = setTimeout(() => search(typed), PAUSE_MS);
          }}
        />
      </div>
    </form>
  );
}
