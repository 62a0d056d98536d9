import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Link, useLocation, useSearch } from "wouter-preact";

import { newRelease } from "../state/release.ts";
import { Guard } from "./guard.tsx";
import { Notices } from "./notices.tsx";

interface FrameProps {
  /** What stands at the top of all pages. */
  top: ComponentChildren;
  /** What concerns all pages at the moment. */
  bars: ComponentChildren;
  children: ComponentChildren;
}

/** What the pages of each app have: the way past what is always there, the page itself, and what happened. */
export function Frame({ top, bars, children }: FrameProps): JSX.Element {
  const main = useRef<HTMLElement>(null);
  // So that the link to the content is always one to this page.
  useLocation();
  useSearch();
  return (
    <>
      {/* A fragment alone would be relative to <base href>, which is another page. */}
      <a
        class="skip"
        href={`${location.pathname}${location.search}#content`}
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      {top}
      <div class="bars" role="status">
        {bars}
      </div>
      <div class="bars" role="status">
        {newRelease.value && <NewRelease />}
      </div>
      <main ref={main} id="content" class="wide" tabIndex={-1}>
        <Guard>{children}</Guard>
      </main>
      <Notices />
    </>
  );
}

interface NavigationProps {
  pages: readonly (readonly [href: string, text: ComponentChildren])[];
  /** Of which of them the shown page is, or is a part. */
  section: string;
}

/** The links to the pages of an app. */
export function Navigation({ pages, section }: NavigationProps): JSX.Element {
  const [path] = useLocation();
  return (
    <nav aria-label="Main">
      <ul>
        {pages.map(([href, text]) => (
          <li key={href}>
            <Link href={href} aria-current={section === href ? (path === href ? "page" : "true") : undefined}>
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The page runs on with what it has; what it lacks, only the new one can bring. */
export function NewRelease(): JSX.Element {
  return (
    <div class="bar">
      <div class="wide">
        A new version is here.
        <button type="button" class="button compact" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    </div>
  );
}
