import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

let firstPage = true;
let wentBack = false;

// The browser restores the scroll position of a page that one goes back to; a new page begins at its top.
addEventListener("popstate", () => {
  wentBack = true;
});
addEventListener("pushState", () => {
  wentBack = false;
});

/** What the window is called where no page has named it: as the HTML says. */
const APP = document.title;

/** From how many characters on a name is too long for large letters. */
const LONG = 60;

interface HeadingProps {
  /** What the window is called; undefined until it is known. */
  title: string | undefined;
  children?: ComponentChildren;
}

/**
 * The heading of a page. It names the window, and takes the focus when the page is shown after another one, so that a
 * screen reader says where one is and the keyboard goes on from here.
 */
export function Heading({ title, children }: HeadingProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === undefined ? APP : `${title} · ${APP}`;
  }, [title]);
  useLayoutEffect(() => {
    if (!firstPage) {
      heading.current?.focus({ preventScroll: true });
      if (!wentBack) {
        scrollTo(0, 0);
      }
    }
    firstPage = false;
  }, []);
  return (
    <h1
      ref={heading}
      class={(title?.length ?? 0) > LONG ? "long" : undefined}
      tabIndex={-1}
      dir="auto"
      data-page-heading
    >
      {children ?? title}
    </h1>
  );
}

/** Where the focus goes when what had it has vanished. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("[data-page-heading]")?.focus({ preventScroll: true });
}
