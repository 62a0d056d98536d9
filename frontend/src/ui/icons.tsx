import type { JSX } from "preact";

/** The outline of a five-pointed star in a square of 24 units. */
export const STAR =
  "M12 1.8l3.15 6.6 7.25.95-5.3 5.05 1.33 7.2L12 18.1l-6.43 3.5 1.33-7.2-5.3-5.05 7.25-.95z";
/** Its left half, and a little more: the right one lies over it, so that no seam shows. */
export const LEFT_HALF = "M12 1.8l.4.84v15.68l-.4-.22-6.43 3.5 1.33-7.2-5.3-5.05 7.25-.95z";
/** Its right half. */
export const RIGHT_HALF = "M12 1.8l3.15 6.6 7.25.95-5.3 5.05 1.33 7.2L12 18.1z";

interface IconProps {
  path: string;
  /** Edge in CSS pixels. */
  size?: number;
}

/** A filled shape beside text that says the same: no screen reader needs it. */
export function Shape({ path, size = 20 }: IconProps): JSX.Element {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="currentColor"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} />
    </svg>
  );
}

/** A drawn line beside text that says the same. */
export function Line({ path, size = 18 }: IconProps): JSX.Element {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="2.25"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} />
    </svg>
  );
}

export const SEARCH = "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21";
export const PLUS = "M12 5v14M5 12h14";
export const CLOSE = "M6 6l12 12M18 6L6 18";
export const PREVIOUS = "M14.5 5.5L8 12l6.5 6.5";
export const NEXT = "M9.5 5.5L16 12l-6.5 6.5";
