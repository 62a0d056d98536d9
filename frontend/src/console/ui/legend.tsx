import type { JSX } from "preact";

import { type LineOf, newestOf } from "../state/lines.ts";
import { colourOf, DASHES } from "./chart-options.ts";

interface LegendProps {
  lines: readonly LineOf[];
  /** Which moment somebody points at; without one the newest values are told. */
  pointed: number | undefined;
  inWords(value: number): string;
}

/** Which line is which, and its value. */
export function Legend({ lines, pointed, inWords }: LegendProps): JSX.Element {
  return (
    <ul class="legend small">
      {lines.map((line) => {
        const value = pointed === undefined ? newestOf(line) : line.values[pointed];
        return (
          <li key={line.key}>
            <svg width="26" height="10" aria-hidden="true" focusable="false">
              <line
                x1="1"
                x2="25"
                y1="5"
                y2="5"
                stroke-width="2"
                style={{ stroke: `var(${colourOf(line.style)})` }}
                stroke-dasharray={(DASHES[line.style % DASHES.length] ?? []).join(" ")}
              />
            </svg>
            <bdi class="legend-label">{line.label}</bdi>
            <b>{typeof value === "number" ? inWords(value) : "–"}</b>
          </li>
        );
      })}
    </ul>
  );
}
