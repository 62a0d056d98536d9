import type { JSX } from "preact";
import { useId } from "preact/hooks";

import { LEFT_HALF, RIGHT_HALF } from "./icons.tsx";
import { SCORES, starsInWords } from "./score.ts";

interface StarInputProps {
  /** Undefined while nothing is chosen. */
  value: number | undefined;
  onChange(score: number): void;
  /** What is wrong with the choice. */
  error?: string | undefined;
}

/** Radio buttons that look like stars: arrow keys, names and required choice come from the browser. */
export function StarInput({ value, onChange, error }: StarInputProps): JSX.Element {
  const id = useId();
  const radio = (score: number) => (
    <input
      type="radio"
      name={id}
      value={score}
      checked={value === score}
      aria-label={starsInWords(score)}
      aria-invalid={error !== undefined}
      aria-describedby={error === undefined ? undefined : `${id}-error`}
      onChange={() => onChange(score)}
    />
  );
  return (
    <div class="field">
      <div class="row label">
        <span id={`${id}-label`}>Score</span>
        <span class="soft">{value === undefined ? "not chosen yet" : `${value} of 5`}</span>
      </div>
      <div class="star-input" role="radiogroup" aria-labelledby={`${id}-label`}>
        {SCORES.map((score) =>
          score === 0 ? (
            <label key={score} class={value === 0 ? "nought filled" : "nought"}>
              0{radio(score)}
            </label>
          ) : (
            <label key={score} class={value !== undefined && score <= value ? "half filled" : "half"}>
              <HalfStar right={Number.isInteger(score)} />
              {radio(score)}
            </label>
          ),
        )}
      </div>
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

function HalfStar({ right }: { right: boolean }): JSX.Element {
  return (
    <svg
      viewBox={right ? "12 0 12 24" : "0 0 12 24"}
      preserveAspectRatio={right ? "xMinYMid" : "xMaxYMid"}
      fill="currentColor"
      aria-hidden="true"
      focusable="false"
    >
      <path d={right ? RIGHT_HALF : LEFT_HALF} />
    </svg>
  );
}
